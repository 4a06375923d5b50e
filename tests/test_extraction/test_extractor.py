"""From a video to skeletons of all of its frames, with a stand-in for the network."""
import threading
import weakref

import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import SkeletonExtractor
from mmaction_d3d.media import DecodingError, Frames, as_media, video_frames
from mmaction_d3d.media.find import GAPS

from .conftest import ColourBackend


class CentreBackend:
    """Takes boxes; a person's 17 joints lie in the middle of the box, if it is wide enough."""

    layout, top_down = 'coco17', True

    def prepare(self, frame, boxes):
        return list(boxes)

    def predict(self, crops):
        people = []
        for x1, y1, x2, y2 in crops:
            person = np.full((1, 17, 3), ((x1 + x2) / 2, (y1 + y2) / 2, 0.5), np.float32)
            people.append(person if x2 - x1 > 5 else person[:0])
        return people


class Boxes:
    """Given boxes M x T x 4."""

    def __init__(self, boxes, linked):
        self.boxes, self.linked = np.array(boxes, np.float32), linked

    def open(self, media):
        return lambda index, frame: self.boxes[:, index]


def centres(path):
    """x and y of a track as ColourBackend finds them: joint 0 is the square's centre."""
    return np.array([(0, 0) if place is None else place for place in path], float)


def test_every_frame_is_there_and_who_is_absent_has_score_0(people_video):
    path = [(20, 30), (24, 30), None, None, (36, 30), (40, 30)]
    skeletons = SkeletonExtractor(ColourBackend(), batch_size=4)(people_video('a.mp4', [path]))
    assert skeletons['frame_dir'] == 'a' and skeletons['filename'] == 'a.mp4' and skeletons[
        'notes'] == []
    assert skeletons['total_frames'] == 6 and skeletons['img_shape'] == (64, 160)
    assert skeletons['keypoint'].shape == (1, 6, 17,
                                           2) and skeletons['keypoint'].dtype == np.float32
    np.testing.assert_allclose(skeletons['keypoint'][0, :, 0], centres(path), atol=0.6)
    np.testing.assert_allclose(skeletons['keypoint_score'][0, :, 0], [.9, .9, 0, 0, .9, .9],
                               rtol=1e-6)


def test_a_folder_whose_numbers_have_gaps_is_said(people_video, tmp_path):
    video = people_video('a.mp4', [[(20, 30)] * 4])
    for number, frame in zip((1, 2, 4, 5), Frames(as_media(video)).images()):
        (tmp_path / 'frames').mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / 'frames' / f'{number}.png'), frame[..., ::-1])
    skeletons = SkeletonExtractor(ColourBackend())(tmp_path / 'frames')
    assert skeletons['total_frames'] == 4 and skeletons['notes'] == [GAPS]


class LateBackend(CentreBackend):
    """Finds nobody before three frames are decoded, and counts the crops that it is done with."""

    def __init__(self):
        self.prepared, self.frames, self.crops = threading.Semaphore(0), 3, 0

    def prepare(self, frame, boxes):
        self.prepared.release()
        return super().prepare(frame, boxes)

    def predict(self, crops):
        for _ in range(self.frames):  # at the first call alone
            assert self.prepared.acquire(timeout=60)
        self.frames = 0
        self.crops += len(crops)
        return super().predict(crops)


@pytest.mark.parametrize('people', [1, 2])
def test_a_frame_counts_once_all_of_its_people_are_found(people_video, people):
    backend, counts = LateBackend(), []
    boxes = Boxes([[(0, 0, 20, 20)] * 6] * people, linked=True)
    SkeletonExtractor(backend, people=boxes, batch_size=1)(people_video('a.mp4', [[None] * 6]),
                                                           lambda new: counts.append(
                                                               (new, backend.crops)))
    done = np.cumsum([new for new, _ in counts])
    assert done[-1] == 6 and all(frames * people <= crops
                                 for frames, (_, crops) in zip(done, counts))
    assert len(set(done.tolist())) == 7  # it goes up frame by frame


@pytest.mark.parametrize('hidden', [(), range(15, 18), range(14, 19)])
def test_two_people_who_cross_keep_their_identity(people_video, hidden):
    """While they meet, one hides the other; then nobody sees either of them, for up to 5 frames."""
    right, left = ([None if t in hidden else (x, y) for t, x in enumerate(places)]
                   for y, places in ((30, range(15, 135, 4)), (34, range(145, 25, -4))))
    skeletons = SkeletonExtractor(ColourBackend())(people_video('a.mp4', [right, left]))
    assert skeletons['keypoint'].shape[0] == 2 and skeletons['notes'] == []
    ways = sorted(skeletons['keypoint'][:, :, 0], key=lambda way: way[0, 0])
    for way, drawn in zip(ways, (right, left)):
        seen = way.any(-1) & [place is not None for place in drawn]
        # A square that is half hidden is found beside its centre.
        np.testing.assert_allclose(way[seen], centres(drawn)[seen], atol=5.5)
        assert seen.sum() >= 22


def test_only_so_many_people_are_kept_and_the_rest_is_told(people_video):
    ways = [[(20 + 3 * t, 12) for t in range(6)], [(20, 32)] * 6, [(30 + t, 52) for t in range(6)]]
    skeletons = SkeletonExtractor(ColourBackend(), max_persons=2)(people_video('a.mp4', ways))
    assert skeletons['notes'] == ['1 more people than 2: left out']
    # Of equal score and size those who move more; the first is the one who moves most.
    np.testing.assert_allclose(skeletons['keypoint'][0, :, 0], centres(ways[0]), atol=0.6)
    np.testing.assert_allclose(skeletons['keypoint'][1, :, 0], centres(ways[2]), atol=0.6)


def test_nobody_is_told(people_video):
    skeletons = SkeletonExtractor(ColourBackend())(people_video('a.mp4', [[None] * 3]))
    assert skeletons['notes'] == ['nobody in any frame']
    assert skeletons['keypoint'].shape == (1, 3, 17, 2) and not skeletons['keypoint_score'].any()


def test_people_of_many_frames_go_through_the_network_together(people_video):
    backend = ColourBackend()
    SkeletonExtractor(backend, batch_size=4)(people_video('a.mp4', [[(20, 30)] * 10]))
    assert backend.calls == [4, 4, 2]


def test_linked_boxes_say_who_is_who(people_video):
    boxes = np.zeros((2, 4, 4))
    for t in range(4):  # they change places between frames 1 and 2
        boxes[0, t] = (0, 0, 20, 20) if t < 2 else (100, 0, 120, 20)
        boxes[1, t] = (100, 0, 120, 20) if t < 2 else (0, 0, 20, 20)
    boxes[1, 3] = np.nan
    extractor = SkeletonExtractor(CentreBackend(), people=Boxes(boxes, linked=True))
    skeletons = extractor(people_video('a.mp4', [[(20, 30)] * 4]))
    np.testing.assert_array_equal(skeletons['keypoint'][:, :, 0, 0],
                                  [[10, 10, 110, 110], [110, 110, 10, 0]])
    assert skeletons['keypoint_score'][1, 3].max() == 0


def test_boxes_without_a_link_are_linked_by_place(people_video):
    boxes = np.array([[(0, 0, 20, 20), (100, 0, 120, 20)], [(100, 0, 120, 20), (0, 0, 20, 20)]])
    extractor = SkeletonExtractor(CentreBackend(), people=Boxes(boxes, linked=False))
    skeletons = extractor(people_video('a.mp4', [[(20, 30)] * 2]))
    np.testing.assert_array_equal(sorted(skeletons['keypoint'][:, :, 0, 0].tolist()),
                                  [[10, 10], [110, 110]])


def test_the_whole_frame_is_taken_without_boxes_and_empty_boxes_are_nobody(people_video):
    video = people_video('a.mp4', [[(20, 30)] * 2])
    skeletons = SkeletonExtractor(CentreBackend())(video)
    np.testing.assert_array_equal(skeletons['keypoint'][0, :, 0], [[80, 32]] * 2)
    narrow = Boxes([[(5, 5, 5, 9), (0, 0, 3, 3)]], linked=True)
    assert SkeletonExtractor(CentreBackend(),
                             people=narrow)(video)['notes'] == ['nobody in any frame']


def test_a_video_that_ends_early_is_used_as_far_as_it_decodes(people_video, monkeypatch):

    def broken(path, backend):
        yield from [frame for frame, _ in zip(video_frames(path), range(3))]
        raise DecodingError('no more')

    monkeypatch.setattr('mmaction_d3d.media.read.video_frames', broken)
    skeletons = SkeletonExtractor(ColourBackend())(people_video('a.mp4', [[(20, 30)] * 6]))
    assert skeletons['total_frames'] == 3 and skeletons['keypoint_score'].shape == (1, 3, 17)
    assert skeletons['notes'] == ['the video ends early, used as far as it decodes: no more']


def test_frames_in_memory_do_not_grow_with_the_video(people_video):
    alive, most = [], []

    class Frame(np.ndarray):
        """An array that can be watched."""

    class Watch(ColourBackend):

        def prepare(self, frame, boxes):
            crop = frame.copy().view(Frame)
            alive.append(weakref.ref(crop, alive.remove))
            return [crop]

        def predict(self, crops):
            most.append(len(alive))
            return super().predict(crops)

    SkeletonExtractor(Watch(), batch_size=2)(people_video('a.mp4', [[(20, 30)] * 60]))
    # Batches of two: four wait, one is in work, one was before it, one is in the making.
    assert len(most) == 30 and max(most) <= 2 * 7


@pytest.mark.parametrize('arguments, message', [
    (dict(backend='other'), 'backend: found other, want mediapipe or mmpose or onnx'),
    (dict(backend=ColourBackend(), max_persons=0), 'max_persons: found 0'),
    (dict(backend=ColourBackend(), batch_size=0), 'batch_size: found 0'),
])
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        SkeletonExtractor(**arguments)
