"""Write a tuned reader as an int8 ONNX encoder with its heads, and check that both read alike."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from network import Reader
from onnxruntime.quantization import QuantType, quantize_dynamic

from triage.assessor.asking import Case, Chooser
from triage.assessor.components import Tuned
from triage.assessor.encoder import Encoder, pieces

LEAST_ALIKE = 0.98  # mean cosine of the word vectors of the int8 encoder with those of the network


def export(reader: Reader, tokenizer: Path, cases: Sequence[Case], out: Path) -> tuple[Tuned, Chooser]:
    """Write encoder.onnx and tokenizer.json to `out`; returns the heads, and what chooses among `cases`."""
    reader.eval()
    out.mkdir(parents=True, exist_ok=True)
    full = out / "full.onnx"
    length = torch.export.Dim("length", min=2, max=512)
    torch.onnx.export(
        reader.encoder,
        (torch.arange(1000, 1064)[None],),
        str(full),
        input_names=["ids"],
        output_names=["vectors"],
        dynamic_shapes={"ids": {1: length}},
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    model = onnx.load(full)
    del model.graph.value_info[:]
    onnx.save(model, full)
    quantize_dynamic(full, out / "encoder.onnx", per_channel=True, weight_type=QuantType.QInt8)
    full.unlink()
    shutil.copy(tokenizer, out / "tokenizer.json")
    parts = {name: getattr(reader, name) for name in ("whole", "window", "tag")}
    arrays = {name: part.weight.detach().numpy().T.copy() for name, part in parts.items()}
    arrays |= {f"{name}_bias": part.bias.detach().numpy() for name, part in parts.items()}
    chooser = Chooser(tuple(cases), reader.case.weight.detach().numpy().T.copy(), reader.case.bias.detach().numpy())
    return Tuned(mix=torch.sigmoid(reader.mix).detach().numpy(), **arrays), chooser


def alike(reader: Reader, folder: Path, texts: list[str]) -> float:
    """The mean cosine between the word vectors of the network and of the exported encoder; SystemExit when too low."""
    encoder = Encoder(folder)
    found = []
    for text in texts:
        ids = pieces(encoder._tokenizer, text)[0][:380]
        with torch.no_grad():
            ours = reader.encoder(torch.tensor([[101, *ids, 102]]))[0, 1:-1].numpy()
        theirs = encoder.read(text).vectors[: len(ids)]
        if len(ids) == len(encoder.read(text).vectors):
            norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
            found.append(float(((ours * theirs).sum(axis=1) / norms).mean()))
    cosine = float(np.mean(found))
    if cosine < LEAST_ALIKE:
        raise SystemExit(f"The int8 encoder in {folder} reads unlike the network: mean cosine {cosine:.4f}.")
    return cosine
