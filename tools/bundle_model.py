"""Put a trained model among those that ship: half precision, with a card that says all.

python tools/bundle_model.py RUN NAME --data "what it learned from" --licence "..."
    --command "tusk train ..." --numbers "one line" [--numbers "another"]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tusk_core.inference.model_paths import find_model
from tusk_core.nn.model_files import load_model, save_model
from tusk_core.resources import resource_root

LIMIT_BYTES = 8 * 10**6


def card(name: str, arguments: argparse.Namespace, step: int, summary: str) -> str:
    """Return the model card as Markdown."""
    numbers = "\n".join(f"- {line}" for line in arguments.numbers)
    return f"""---
license: apache-2.0
tags: [keypoints, unsupervised, tusk]
---

# {name}

Unsupervised keypoints, learned without a label. {summary}

| | |
|---|---|
| data | {arguments.data} |
| licence of the data | {arguments.licence} |
| licence of the weights | Apache-2.0 |
| training | `{arguments.command}` |
| step | {step} |
| precision | half |

## Numbers

{numbers}

## Limits

It knows pictures like those above and no others. A score tells how a place stands out from its own
picture, not how sure the model is that something is there.
"""


def main() -> None:
    """Save a run among the bundled models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("name")
    parser.add_argument("--data", required=True)
    parser.add_argument("--licence", required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--numbers", action="append", default=[])
    arguments = parser.parse_args()
    model, meta = load_model(find_model(arguments.run))
    config = meta.config
    summary = (
        f"K = {config.keypoints.num_keypoints} keypoints per picture, "
        f"M = {config.prototypes.num_prototypes} prototypes, pictures of "
        f"{config.data.width}×{config.data.height} px."
    )
    target = resource_root() / "models" / arguments.name
    save_model(
        target,
        model,
        step=meta.step,
        usage=list(meta.usage),
        name=arguments.name,
        card=card(arguments.name, arguments, meta.step, summary),
        half=True,
    )
    size = sum(f.stat().st_size for f in target.iterdir())
    print(f"{target}: {size / 1e6:.2f} MB")
    if size > LIMIT_BYTES:
        raise SystemExit("A model that ships must stay below 8 MB.")


if __name__ == "__main__":
    main()
