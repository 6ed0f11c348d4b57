"""The network that is tuned: MiniLM's six layers, and linear heads on its vectors.

One pass reads a letter three ways, all trained together: heads on the mean vector of the whole
letter, heads on the mean vector of each window of one or two sentences (joined by log-sum-exp, so
that one good window is enough), and tags on the single word pieces for the facts.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

WIDTH, LAYERS, ATTENTION, INNER, WORDS, PLACES = 384, 6, 12, 1536, 30522, 512


class Layer(nn.Module):
    """One layer of BERT (Devlin et al., 2019), post-norm."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm1, self.norm2 = (nn.LayerNorm(WIDTH, eps=1e-12) for _ in range(2))
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, _ = x.shape

        def split(linear: nn.Linear) -> Tensor:
            return linear(x).view(batch, length, ATTENTION, WIDTH // ATTENTION).transpose(1, 2)

        seen = F.scaled_dot_product_attention(split(self.q), split(self.k), split(self.v), attn_mask=mask)
        x = self.norm1(x + self.drop(self.o(seen.transpose(1, 2).reshape(batch, length, WIDTH))))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Network(nn.Module):
    """Ids (batch x length) to vectors (batch x length x WIDTH)."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places, self.kinds = (nn.Embedding(n, WIDTH) for n in (WORDS, PLACES, 2))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.drop = nn.Dropout(0.1)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.words(ids) + self.places.weight[: ids.shape[1]] + self.kinds.weight[0]
        x = self.drop(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def load(self, path: Path) -> "Network":
        """Take the weights of all-MiniLM-L6-v2 from its safetensors file."""
        given = load_file(str(path))
        named = {"words": "word", "places": "position", "kinds": "token_type"}
        state = {f"{ours}.weight": given[f"embeddings.{theirs}_embeddings.weight"] for ours, theirs in named.items()}
        state |= {f"norm.{part}": given[f"embeddings.LayerNorm.{part}"] for part in ("weight", "bias")}
        parts = {
            "q": "attention.self.query",
            "k": "attention.self.key",
            "v": "attention.self.value",
            "o": "attention.output.dense",
            "norm1": "attention.output.LayerNorm",
            "up": "intermediate.dense",
            "down": "output.dense",
            "norm2": "output.LayerNorm",
        }
        for number in range(LAYERS):
            for ours, theirs in parts.items():
                for part in ("weight", "bias"):
                    state[f"layers.{number}.{ours}.{part}"] = given[f"encoder.layer.{number}.{theirs}.{part}"]
        self.load_state_dict(state)
        return self


class Reader(nn.Module):
    """The encoder with its heads. `tags` is one more than the number of tags: the first says "nothing"."""

    def __init__(self, encoder: Network, heads: int, tags: int, cases: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.whole, self.window, self.tag, self.case = (nn.Linear(WIDTH, n) for n in (heads, heads, tags, cases))
        self.mix = nn.Parameter(torch.zeros(heads))
        self.drop = nn.Dropout(0.1)
        for linear, bias in ((self.whole, -2.0), (self.window, -5.0)):
            nn.init.normal_(linear.weight, std=0.02)
            nn.init.constant_(linear.bias, bias)

    def forward(self, ids: Tensor, mask: Tensor, means: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Scores of a batch.

        mask: batch x length. means: batch x windows x length, each line the mean over one window, the
        first over the whole letter. real: batch x windows, which of them there are.
        Returns scores (batch x heads), window scores (batch x windows x heads), tag scores (batch x length x tags)
        and case scores (batch x windows x cases).
        """
        vectors = self.encoder(ids, mask[:, None, None, :].bool())
        pooled = self.drop(torch.bmm(means.to(vectors.dtype), vectors))
        window = self.window(pooled[:, 1:]).float()
        joined = torch.logsumexp(window.masked_fill(~real[:, 1:, None], -30.0), 1)
        share = torch.sigmoid(self.mix)
        scores = share * self.whole(pooled[:, 0]).float() + (1 - share) * joined
        return scores, window, self.tag(self.drop(vectors)).float(), self.case(pooled[:, 1:]).float()
