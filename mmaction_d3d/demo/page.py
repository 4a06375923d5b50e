"""The page itself, by gradio."""
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import InputError
from .answers import Answers
from .limits import SUFFIXES

HOST, PORT = '127.0.0.1', 7860
_KEEP = 3600  # seconds after which a visitor's files are deleted
_FONTS = ('system-ui', 'sans-serif')  # of the visitor's computer: none is fetched
_STYLE = '''
.gradio-container { max-width: 1180px !important; margin: auto !important; }
.problem { color: #b42318; font-weight: 600; }
.dark .problem { color: #ffb4a8; }
/* The block's 400 pixels have a row of icons, too. */
#video .wrap:has(video) { height: 352px; }
#video video { max-height: 100%; }
footer { display: none !important; }
'''


def import_gradio() -> Any:
    """Import gradio so that it tells nobody, and asks nobody for anything.

    Raises:
        InputError: It is not installed.
    """
    os.environ.update(GRADIO_ANALYTICS_ENABLED='False', HF_HUB_OFFLINE='1',
                      HF_HUB_DISABLE_TELEMETRY='1')
    try:
        import gradio
    except ImportError as error:
        raise InputError('this Python', 'gradio', 'nothing',
                         'make demo, or pip install "mmaction_d3d[demo]"') from error
    return gradio


def build_page(gradio: Any, answers: Answers) -> Any:
    """Return the page as gradio's blocks.

    Args:
        gradio: The module.
        answers: Says what a video shows.
    """
    limits = answers.limits
    with gradio.Blocks(title='D3D: action recognition', analytics_enabled=False,
                       delete_cache=(_KEEP, _KEEP)) as page:
        gradio.Markdown('# What do people do in this video?\n\nThe model was trained on: '
                        f'**{_plain(answers.trained_on)}**. Of other videos it knows nothing.')
        with gradio.Row():
            with gradio.Column():
                video = gradio.Video(answers.sample, label='Video', sources=['upload', 'webcam'],
                                     webcam_options=gradio.WebcamOptions(mirror=False), height=400,
                                     buttons=[], elem_id='video')
                gradio.Markdown(f'{", ".join(suffix[1:] for suffix in SUFFIXES)}; up to '
                                f'{limits.megabytes} MB and {limits.seconds:.0f} seconds.')
                with gradio.Row():
                    start = gradio.Button('Recognize', variant='primary', elem_id='recognize')
                    sample = gradio.Button('Sample clip', elem_id='sample')
            with gradio.Column():
                label = gradio.Label(label='Action', num_top_classes=5, elem_id='action')
                says = gradio.HTML(elem_id='says')
        gradio.Markdown('### Skeleton, and where the model looks')
        drawn = gradio.Video(show_label=False, elem_id='drawn', interactive=False, autoplay=True,
                             loop=True, buttons=['download'])
        pictures = []
        for name, title in (('attention', 'Attention, frame by frame'),
                            ('joints', 'Attention that each joint receives')):
            gradio.Markdown(f'### {title}')
            pictures.append(
                gradio.Image(show_label=False, elem_id=name, interactive=False, type='filepath',
                             buttons=['download', 'fullscreen']))
        outputs = [label, says, drawn, *pictures]

        def recognize(path: str | None) -> list[Any]:
            return _outputs(answers, path)

        start.click(recognize, video, outputs, api_name='recognize')
        sample.click(lambda: answers.sample, None, video, api_name=False)
    return page.queue(max_size=8, default_concurrency_limit=1)


def _outputs(answers: Answers, path: str | None) -> list[Any]:
    """Return the values of the page's outputs for a video."""
    if path is None:
        return [None, _problem('Choose a video first.'), None, None, None]
    try:
        shown = answers(path)
    except InputError as error:
        return [None, _problem(str(error)), None, None, None]
    answer = shown.answer
    scores = {answer.class_name(index): float(score) for index, score in enumerate(answer.scores)}
    seconds = sum(answer.seconds.values())
    notes = ''.join(f'<p class="problem">{_plain(note)}</p>' for note in answer.notes)
    says = (f'<p>{answer.people} in view, {answer.info.frames} frames, {seconds:.1f} s. '
            f'Trained on: {_plain(answers.trained_on)}.</p>{notes}')
    return [scores, says, shown.video, shown.attention, shown.joints]


def _problem(text: str) -> str:
    return f'<p class="problem">{_plain(text)}</p>'


def _plain(text: str) -> str:
    """Return a stranger's text so that neither HTML nor Markdown reads more than words in it."""
    return ''.join(letter if letter.isalnum() or letter in ' .,:;()/-+%' else f'&#{ord(letter)};'
                   for letter in text)


@contextmanager
def serve(checkpoint: str, host: str = HOST, port: int = PORT,
          device: str | None = None) -> Iterator[str]:
    """Serve the page.

    Args:
        checkpoint: The model.
        host: By default this computer alone reaches it.
        port: 0 for any that is free.
        device: Defaults to None: a GPU where one is.

    Yields:
        Its address.

    Raises:
        InputError: Gradio or the checkpoint is missing, or the port is taken.
    """
    gradio = import_gradio()
    with tempfile.TemporaryDirectory(prefix='d3d_demo_', ignore_cleanup_errors=True) as folder:
        os.environ['GRADIO_TEMP_DIR'] = str(Path(folder, 'cache'))
        outputs = Path(folder, 'outputs')
        outputs.mkdir()
        answers = Answers(checkpoint, outputs, device)
        page = build_page(gradio, answers)
        theme = gradio.themes.Soft(font=_FONTS, font_mono=('monospace', ))
        try:
            _, address, _ = page.launch(server_name=host, server_port=port or None, share=False,
                                        quiet=True, prevent_thread_lock=True, inbrowser=False,
                                        ssr_mode=False, strict_cors=True,
                                        max_file_size=f'{answers.limits.megabytes}mb', theme=theme,
                                        css=_STYLE, footer_links=[], allowed_paths=[],
                                        mcp_server=False, enable_monitoring=False, pwa=False)
        except OSError as error:
            raise InputError('command line', '--port', port, 'a port that is free') from error
        try:
            yield address
        finally:
            with suppress(OSError):
                page.close(verbose=False)
