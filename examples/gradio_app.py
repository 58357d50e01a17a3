"""A web page with a before/after slider: ``python examples/gradio_app.py`` (needs ``pip install gradio``)."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from qie_hub import Editor, EditRefused, Hub
from qie_hub.messages import text

EXAMPLES = ["去掉水印", "调亮一点,暖色调", "加白底边框并统一添加双十一角标", "make it brighter"]


def build(hub: Hub, editor: Editor) -> Any:
    """The page; one editor serves all visitors, its runtime bounds how many edits run at once."""

    def edit(picture: NDArray[np.uint8] | None, sentence: str) -> tuple[Any, str]:
        if picture is None or not sentence.strip():
            return None, "请选择图片并输入一句话 / choose a picture and write a sentence"
        try:
            result = editor.edit(picture, sentence)
        except EditRefused as refused:
            language = str(refused.data.get("language") or "zh")
            return None, text(refused.hint, language, refused.data)
        spent = sum(result.timings.values()) / 1000
        return (picture, np.asarray(result.image.convert("RGB"))), f"{result.pack} · {spent:.1f} s"

    packs = "、".join(str(item.ref) for item in hub.runnable()) or "no pack installed: qie-hub install ultra-lite"
    with gr.Blocks(title="qie_hub") as page:
        gr.Markdown(f"## qie_hub\n{packs}")
        with gr.Row():
            with gr.Column():
                picture = gr.Image(label="before", type="numpy")
                sentence = gr.Textbox(label="一句话 / one sentence")
                gr.Examples(EXAMPLES, inputs=sentence)
                button = gr.Button("edit", variant="primary")
            with gr.Column():
                slider = gr.ImageSlider(label="before | after")
                said = gr.Markdown()
        button.click(edit, [picture, sentence], [slider, said], api_name="edit")
    return page


if __name__ == "__main__":
    with Hub() as hub, Editor(hub) as editor:
        build(hub, editor).launch()
