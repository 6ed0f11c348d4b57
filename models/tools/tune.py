"""Tune the encoder on the letters of models/letters. Needs torch; see README.md beside this file."""

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from export import alike, export
from lessons import Lesson, batches, collate, prepare, steps
from network import Network, Reader
from tokenizers import Tokenizer
from torch import nn

from triage.assessor.components import Tuned
from triage.assessor.corpus import HEADS, TAGS, Row, corpus_hash, load_rows, targets
from triage.assessor.encoder import Encoder, load_tokenizer
from triage.assessor.tagging import Fact
from triage.assessor.training import FOLDS, HeldOut, assemble, fold_of, read_row

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EPOCHS, BATCH = 4, 16
ENCODER_RATE, HEAD_RATE = 8e-5, 8e-3
POSITIVE = 3.0  # a yes counts as much as three noes
STAKES = {"R3": 4.0, "R2": 2.0}  # heads that count more than the others, because a mistake costs more
EVIDENCE, FACTS = 0.3, 0.4  # how much finding the marked window and the marked facts counts beside the scores
HIDE = 0.08  # the share of word pieces masked, so that no single word decides


def tune(rows: Sequence[Row], weights: Path, tokenizer: Tokenizer, *, seed: int, epochs: int = EPOCHS) -> Reader:
    """Train a reader on `rows`, printing the loss of each epoch."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    reader = Reader(Network().load(weights), len(HEADS), 1 + len(TAGS))
    lessons = [prepare(row, tokenizer) for row in rows]
    wanted = torch.tensor(targets(rows), dtype=torch.float32)
    encoder = list(reader.encoder.parameters())
    heads = [value for name, value in reader.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [
            {"params": encoder, "lr": ENCODER_RATE, "weight_decay": 0.01},
            {"params": heads, "lr": HEAD_RATE, "weight_decay": 0.0},
        ]
    )
    total = steps(len(lessons), BATCH, epochs)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [ENCODER_RATE, HEAD_RATE], total, pct_start=0.15)
    for epoch in range(epochs):
        reader.train()
        began, losses = time.monotonic(), []
        for chosen in batches(lessons, BATCH, chance):
            loss = _loss(reader, [lessons[n] for n in chosen], wanted[chosen])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - began:.0f} s", flush=True)
    return reader.eval()


def _loss(reader: Reader, lessons: Sequence[Lesson], wanted: torch.Tensor) -> torch.Tensor:
    ids, mask, means, real, tags = collate(lessons, HIDE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, window, tag = reader(ids, mask, means, real)
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
    return loss


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


def held_out(rows: Sequence[Row], work: Path) -> HeldOut:
    """What `read_held_out` wrote for all parts, in the order of `rows`."""
    found = {}
    for part in range(FOLDS):
        for line in (work / f"held-out-{part}.jsonl").read_text("utf-8").splitlines():
            reading = json.loads(line)
            found[reading["id"]] = reading
    ordered = [found[row["id"]] for row in rows]
    return HeldOut(
        scores=np.array([reading["scores"] for reading in ordered]),
        windows=[([tuple(cut) for cut in r["windows"]], np.array(r["window_scores"])) for r in ordered],
        facts=[[Fact(*fact) for fact in reading["facts"]] for reading in ordered],
    )


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
    words.add_argument("out", type=Path, help="where the pipeline goes, such as models/triage-2")
    words.add_argument("--letters", type=Path, default=Path("models/letters"))
    words.add_argument("--work", type=Path, default=Path("build/model"), help="parts are kept here and not made twice")
    words.add_argument("--seed", type=int, default=1)
    told = words.parse_args()
    check_weights(told.source / "model.safetensors")
    rows = load_rows(told.letters)
    tokenizer = load_tokenizer(told.source / "tokenizer.json")
    told.work = told.work / corpus_hash(rows)[:12]  # other letters make other parts
    fold = fold_of(rows, told.seed)
    for part in (*range(FOLDS), FOLDS):  # the last is no part: all letters teach
        folder = told.work / f"part-{part}"
        if not (folder / "tuned.npz").exists():
            print(f"Tuning without part {part} ..." if part < FOLDS else "Tuning on all letters ...", flush=True)
            kept = [row for row, place in zip(rows, fold, strict=True) if place != part]
            reader = tune(kept, told.source / "model.safetensors", tokenizer, seed=told.seed)
            tuned = export(reader, told.source / "tokenizer.json", folder)
            print(
                f"int8 and float read alike: {alike(reader, folder, [row['body'] for row in rows[:40]]):.4f}",
                flush=True,
            )
            save_tuned(tuned, folder / "tuned.npz")
        if part < FOLDS and not (told.work / f"held-out-{part}.jsonl").exists():
            left = [row for row, place in zip(rows, fold, strict=True) if place == part]
            read_held_out(left, Encoder(folder), load_tuned(folder / "tuned.npz"), told.work / f"held-out-{part}.jsonl")
    last = told.work / f"part-{FOLDS}"
    assemble(
        rows,
        held_out(rows, told.work),
        load_tuned(last / "tuned.npz"),
        Encoder(last),
        told.out,
        seed=told.seed,
        report=print,
    )


if __name__ == "__main__":
    main()
