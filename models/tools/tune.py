"""Tune the encoder on the letters of models/letters. Needs torch; see README.md beside this file."""

import argparse
import hashlib
import itertools
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from export import alike, export
from lessons import Lesson, batches, collate, example, prepare, steps
from network import Network, Reader
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from triage.assessor.asking import Case, Chooser, rank
from triage.assessor.components import Tuned
from triage.assessor.corpus import HEADS, TAGS, TOPICS, Row, corpus_hash, full_text, load_rows, targets
from triage.assessor.encoder import Encoder, load_tokenizer
from triage.assessor.sentences import sentences, windows
from triage.assessor.tagging import Fact
from triage.assessor.training import HeldOut, assemble, held_out_rows, read_row
from triage.wiring import load_templates

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EPOCHS, BATCH = 4, 16
ENCODER_RATE, HEAD_RATE = 8e-5, 8e-3
POSITIVE = 3.0  # a yes counts as much as three noes
STAKES = {"R3": 4.0, "R2": 2.0}  # heads that count more than the others, because a mistake costs more
EVIDENCE, FACTS = 0.3, 0.4  # how much finding the marked window and the marked facts counts beside the scores
CASES, QUESTIONS = 0.3, 16  # how much choosing the right case counts, and example questions beside each batch
TAKEN = 0.5  # share of an example's runs of words found in a letter, from which it counts as taken from it
HIDE = 0.08  # the share of word pieces masked, so that no single word decides


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of the templates: their names, which one each letter needs, and example questions."""

    names: Sequence[Case]
    needed: Mapping[str, Mapping[str, int]]  # letter to topic to the number of a case
    examples: Sequence[tuple[str, int]]  # a question and the number of its case

    @classmethod
    def load(cls, labels: Path, templates: Path) -> Self:
        """From the file of labels (letter, topic, case, tabs between) and the templates' own example questions."""
        asks = load_templates(templates)[0].asks()
        names = sorted({(topic, case) for topic, case, _ in asks if topic in TOPICS})
        number = {name: n for n, name in enumerate(names)}
        needed: dict[str, dict[str, int]] = {}
        for line in labels.read_text("utf-8").splitlines():
            letter, topic, case = line.split("\t")
            if (topic, case) in number:  # "-": no case fits
                needed.setdefault(letter, {})[topic] = number[topic, case]
        return cls(names, needed, [(text, number[topic, case]) for topic, case, text in asks if topic in TOPICS])

    def without(self, rows: Sequence[Row]) -> "Cases":
        """Leave out the examples that are taken from one of `rows`, which are to be read unseen."""
        there = {run for row in rows for run in _runs(f"{row['subject']} {row['body']}")}
        kept = [(text, case) for text, case in self.examples if _share(_runs(text), there) < TAKEN]
        return replace(self, examples=kept)


def _runs(text: str) -> set[str]:
    """Every run of four words."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {" ".join(words[n : n + 4]) for n in range(max(1, len(words) - 3))}


def _share(runs: set[str], there: set[str]) -> float:
    return len(runs & there) / len(runs)


def tune(rows: Sequence[Row], cases: Cases, weights: Path, tokenizer: Tokenizer, *, seed: int) -> Reader:
    """Train a reader on `rows` and on the examples of `cases`, printing the loss of each epoch."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    reader = Reader(Network().load(weights), len(HEADS), 1 + len(TAGS), len(cases.names))
    lessons = [_lesson(row, tokenizer, cases) for row in rows]
    examples = [example(text, tokenizer, HEADS.index(cases.names[n][0]), n) for text, n in cases.examples]
    within = torch.full((len(HEADS), len(cases.names)), -1e4)  # what keeps the cases of other topics out
    for number, (topic, _) in enumerate(cases.names):
        within[HEADS.index(topic), number] = 0.0
    wanted = torch.tensor(targets(rows), dtype=torch.float32)
    encoder = list(reader.encoder.parameters())
    heads = [value for name, value in reader.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [
            {"params": encoder, "lr": ENCODER_RATE, "weight_decay": 0.01},
            {"params": heads, "lr": HEAD_RATE, "weight_decay": 0.0},
        ]
    )
    total = steps(len(lessons), BATCH, EPOCHS)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [ENCODER_RATE, HEAD_RATE], total, pct_start=0.15)
    for epoch in range(EPOCHS):
        reader.train()
        began, losses = time.monotonic(), []
        questions = itertools.cycle(list(batches(examples, QUESTIONS, chance)))
        for chosen in batches(lessons, BATCH, chance):
            loss = _loss(reader, [lessons[n] for n in chosen], wanted[chosen], within)
            if examples:
                loss = loss + CASES * _questions_loss(reader, [examples[n] for n in next(questions)], within)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - began:.0f} s", flush=True)
    return reader.eval()


def _lesson(row: Row, tokenizer: Tokenizer, cases: Cases) -> Lesson:
    needed = cases.needed.get(row["id"], {})
    return prepare(row, tokenizer, {HEADS.index(topic): case for topic, case in needed.items()})


def _loss(reader: Reader, lessons: Sequence[Lesson], wanted: torch.Tensor, within: torch.Tensor) -> torch.Tensor:
    ids, mask, means, real, tags = collate(lessons, HIDE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, window, tag, case = reader(ids, mask, means, real)
    stakes = torch.tensor([STAKES.get(head, 1.0) for head in HEADS])
    loss = F.binary_cross_entropy_with_logits(scores, wanted, weight=stakes, pos_weight=torch.tensor(POSITIVE))
    found = []
    for n, lesson in enumerate(lessons):
        for head, hits in lesson.witness.items():
            share = F.log_softmax(window[n, : len(lesson.spans), head], 0)
            found.append(-torch.logsumexp(share[hits], 0))
    if found:
        loss = loss + EVIDENCE * torch.stack(found).mean()
    if (tags >= 0).any():
        loss = loss + FACTS * F.cross_entropy(tag.flatten(0, 1), tags.flatten(), ignore_index=-100)
    chosen = [
        _case_loss(window[n, : len(lesson.spans), head].detach(), case[n, : len(lesson.spans)] + within[head], needed)
        for n, lesson in enumerate(lessons)
        for head, needed in lesson.cases.items()
    ]
    return loss + CASES * torch.stack(chosen).mean() if chosen else loss


def _case_loss(window: torch.Tensor, case: torch.Tensor, needed: int) -> torch.Tensor:
    """How surprising a case is, where each window counts as much as it speaks for the topic (see `Chooser`)."""
    joined = torch.logsumexp(case + F.log_softmax(window, 0)[:, None], 0)
    return F.cross_entropy(joined[None], torch.tensor([needed]))


def _questions_loss(reader: Reader, examples: Sequence[Lesson], within: torch.Tensor) -> torch.Tensor:
    ids, mask, means, real, _ = collate(examples, HIDE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        *_, case = reader(ids, mask, means, real)
    heads, needed = zip(*(pair for lesson in examples for pair in lesson.cases.items()), strict=True)
    return F.cross_entropy(case[:, 0] + within[list(heads)], torch.tensor(needed))


def check_weights(path: Path) -> None:
    """Stop unless the file is exactly the one this project was tuned from."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit(f"{path} is not the file of all-MiniLM-L6-v2 that this project is built on.")


def read_held_out(rows: Sequence[Row], encoder: Encoder, tuned: Tuned, out: Path) -> None:
    """Read letters that the encoder was not tuned on, exactly as the pipeline would, one JSON object a line."""
    with out.open("w", encoding="utf-8") as lines:
        for row in rows:
            scores, found, window, facts = read_row(row, encoder, tuned)
            line = {
                "id": row["id"],
                "scores": scores.round(4).tolist(),
                "windows": found,
                "window_scores": window.round(3).tolist(),
                "facts": [[fact.tag, fact.start, fact.end, round(fact.chance, 4)] for fact in facts],
            }
            lines.write(json.dumps(line) + "\n")


def held_out(rows: Sequence[Row], unseen: NDArray[np.int64], readings: Path) -> HeldOut:
    """What `read_held_out` wrote of the letters with the numbers in `unseen`, in their order."""
    found = {reading["id"]: reading for reading in map(json.loads, readings.read_text("utf-8").splitlines())}
    ordered = [found[rows[number]["id"]] for number in unseen]
    return HeldOut(
        rows=unseen,
        scores=np.array([reading["scores"] for reading in ordered]),
        windows=[([tuple(cut) for cut in r["windows"]], np.array(r["window_scores"])) for r in ordered],
        facts=[[Fact(*fact) for fact in reading["facts"]] for reading in ordered],
    )


def chosen_well(rows: Sequence[Row], cases: Cases, encoder: Encoder, tuned: Tuned, chooser: Chooser) -> str:
    """How often the case that a letter needs comes first, and among the first three, when its topic is known."""
    places = []
    for row in rows:
        text, body_start = full_text(row["subject"], row["body"])
        found = windows([cut for cut in sentences(text) if cut[0] >= body_start])
        for topic, needed in cases.needed.get(row["id"], {}).items() if found else ():
            vectors = encoder.read(text).mean(found)
            ranked = rank(vectors, tuned, chooser, topic, chooser.of(topic))[0]
            places.append([name for name, _ in ranked].index(cases.names[needed][1]))
    first, three = (np.mean(np.array(places) < most) for most in (1, 3))
    return f"Of {len(places)} cases {first:.3f} came first, {three:.3f} among the first three."


def save_tuned(tuned: Tuned, path: Path) -> None:
    """Keep the heads of one reader beside its encoder."""
    np.savez(path, **{name: getattr(tuned, name) for name in Tuned.__slots__})


def load_tuned(path: Path) -> Tuned:
    """Read what `save_tuned` wrote."""
    with np.load(path) as arrays:
        return Tuned(*(arrays[name] for name in Tuned.__slots__))


def main() -> None:
    """Tune without each part and on all, read the parts, and put the pipeline together."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("source", type=Path, help="folder with model.safetensors and tokenizer.json of all-MiniLM-L6-v2")
    words.add_argument("out", type=Path, help="where the pipeline goes, such as models/triage-3")
    words.add_argument("--letters", type=Path, default=Path("models/letters"))
    words.add_argument("--templates", type=Path, default=Path("templates"))
    words.add_argument("--work", type=Path, default=Path("build/model"), help="parts are kept here and not made twice")
    words.add_argument("--seed", type=int, default=1)
    told = words.parse_args()
    check_weights(told.source / "model.safetensors")
    rows = load_rows(told.letters)
    tokenizer = load_tokenizer(told.source / "tokenizer.json")
    cases = Cases.load(told.letters / "cases.tsv", told.templates)
    told.work = told.work / corpus_hash(rows)[:12]  # other letters make other parts
    unseen = held_out_rows(rows, told.seed)
    seen = np.setdiff1d(np.arange(len(rows)), unseen)
    for name, chosen in (("some", seen), ("all", np.arange(len(rows)))):
        folder = told.work / name
        if not (folder / "tuned.npz").exists():
            print(f"Tuning on {len(chosen)} of {len(rows)} letters ...", flush=True)
            left = [rows[number] for number in np.setdiff1d(np.arange(len(rows)), chosen)]
            reader = tune(
                [rows[number] for number in chosen],
                cases.without(left),
                told.source / "model.safetensors",
                tokenizer,
                seed=told.seed,
            )
            tuned, chooser = export(reader, told.source / "tokenizer.json", cases.names, folder)
            print(
                f"int8 and float read alike: {alike(reader, folder, [row['body'] for row in rows[:40]]):.4f}",
                flush=True,
            )
            chooser.save(folder / "cases.npz")
            save_tuned(tuned, folder / "tuned.npz")
    some, whole, readings = told.work / "some", told.work / "all", told.work / "held-out.jsonl"
    left = [rows[number] for number in unseen]
    if not readings.exists():
        read_held_out(left, Encoder(some), load_tuned(some / "tuned.npz"), readings)
    without_them = Encoder(some), load_tuned(some / "tuned.npz"), Chooser.load(some / "cases.npz")
    print(chosen_well(left, cases, *without_them), flush=True)
    assemble(
        rows,
        held_out(rows, unseen, readings),
        load_tuned(whole / "tuned.npz"),
        Encoder(whole),
        told.out,
        chooser=Chooser.load(whole / "cases.npz"),
        seed=told.seed,
        report=print,
    )


if __name__ == "__main__":
    main()
