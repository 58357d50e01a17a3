"""A ComfyUI node: put this file into ``ComfyUI/custom_nodes/`` of an environment that has ``qie-hub[edit]``.

ComfyUI passes pictures as float tensors (batch, height, width, 3) in 0..1. The node edits each with one sentence;
one hub and one editor live as long as ComfyUI does.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import numpy as np

from qie_hub import Editor, Hub


@cache
def _editor() -> Editor:
    return Editor(Hub())


class QieHubEdit:
    """Edit pictures with one sentence, offline, with the installed pack."""

    CATEGORY: ClassVar[str] = "image/qie_hub"
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("IMAGE", "MASK")
    FUNCTION: ClassVar[str] = "edit"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802  # ComfyUI asks for this name
        """The sockets of the node."""
        return {
            "required": {
                "image": ("IMAGE",),
                "sentence": ("STRING", {"default": "调亮一点,暖色调", "multiline": True}),
            },
            "optional": {"pack": ("STRING", {"default": ""})},
        }

    def edit(self, image: Any, sentence: str, pack: str = "") -> tuple[Any, Any]:
        """Edit every picture of the batch; all results have the size of the first one."""
        from qie_hub import PackRef

        chosen = PackRef.parse(pack) if pack else None
        pictures, masks = [], []
        for item in image:
            picture = np.clip(np.asarray(item) * 255 + 0.5, 0, 255).astype(np.uint8)
            result = _editor().edit(picture, sentence, pack=chosen)
            pictures.append(result.picture.astype(np.float32) / 255)
            masks.append(result.mask.astype(np.float32) / 255)
        return self._like(image, np.stack(pictures)), self._like(image, np.stack(masks))

    @staticmethod
    def _like(image: Any, array: Any) -> Any:
        """The same kind of tensor as ComfyUI gave."""
        if isinstance(image, np.ndarray):
            return array
        import torch

        return torch.from_numpy(array)


NODE_CLASS_MAPPINGS = {"QieHubEdit": QieHubEdit}
NODE_DISPLAY_NAME_MAPPINGS = {"QieHubEdit": "Edit with one sentence (qie_hub)"}
