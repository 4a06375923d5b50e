"""One video on its way from file to answer."""
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..media import Media, MediaInfo
from .attention_track import AttentionTrack
from .skeletons import people_found

NO_PERSON = 'no person found: the answer is from RGB alone'
NO_ATTENTION = 'no attention drawn: the model has none that is deformable with modal queries'


@dataclass
class Recognised:
    """What is known of a source, step by step.

    Attributes:
        source: The video or frame folder.
        info: Its length, size and speed.
        skeleton: Its annotation.
        packed: ``inputs`` and ``data_samples`` of the test pipeline, for a whole clip.
        error: What is wrong with the source; then the rest may be missing.
        scores: Score of each class; of windows, their mean.
        timeline: Scores over time, for a long video.
        attention: Attention over time, where it is drawn.
        seconds: Time by step.
        notes: What a user should know of the answer.
    """
    source: Media
    info: MediaInfo | None = None
    skeleton: dict | None = None
    packed: dict | None = None
    error: InputError | None = None
    scores: np.ndarray | None = None
    timeline: object | None = None
    attention: AttentionTrack | None = None
    seconds: dict = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self):
        """Its path below the input that it was found in, without suffix."""
        return self.source.names['frame_dir']

    def take_skeleton(self, skeleton):
        """Set the skeleton, and note where it shows nobody."""
        self.skeleton = skeleton
        if not people_found(skeleton):
            self.notes.append(NO_PERSON)

    def take_attention(self, start, attended):
        """Add what :func:`clip_attention` gave for the clip from frame ``start`` on."""
        if attended is None:
            if NO_ATTENTION not in self.notes:
                self.notes.append(NO_ATTENTION)
            return
        if self.attention is None:
            self.attention = AttentionTrack()
        self.attention.add(start, *attended)

    def scores_at(self, frame):
        """Scores to show at a frame."""
        return self.scores if self.timeline is None else self.timeline.scores_at(frame)

    def notes_at(self, frame):
        """Note to show at a frame."""
        if self.timeline is None or NO_PERSON in self.notes or self.timeline.people_at(frame):
            return self.notes
        return [*self.notes, NO_PERSON]
