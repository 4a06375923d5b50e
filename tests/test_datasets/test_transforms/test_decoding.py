import importlib.util

import cv2
import numpy as np
import pytest
from mmaction.datasets.transforms import Resize

from mmaction_d3d.datasets.transforms import AlignedDecode, decoding
from mmaction_d3d.datasets.transforms.decoding import resizing_as_read
from mmaction_d3d.errors import InputError
from mmaction_d3d.media import read_video
from mmaction_d3d.media.find import GAPS

BACKENDS = ['av', 'decord']
SIZE = (48, 64)


def centre(image):
    """Centre of the bright square, (x, y) in continuous pixel coordinates."""
    y, x = np.nonzero(image.mean(-1) > 128)
    return x.mean() + 0.5, y.mean() + 0.5


def sample(frame_inds, total=16, size=SIZE, **source):
    rng = np.random.default_rng(0)
    return dict(frame_inds=np.array(frame_inds), total_frames=total, img_shape=size,
                keypoint=rng.random((2, total, 17, 2)).astype(np.float16) * 40,
                keypoint_score=rng.random((2, total, 17)).astype(np.float16), **source)


@pytest.fixture(params=BACKENDS)
def backend(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f'{request.param} is not installed')
    return request.param


@pytest.fixture
def video(tmp_path, square_video):
    path = tmp_path / 'clip.mp4'
    square_video.write(path, square_video.draw(16, SIZE))
    return str(path)


@pytest.mark.parametrize('name, codec, options', [
    ('h264.mp4', 'libx264', {'bf': '3', 'g': '8'}),
    ('open_gop.mkv', 'libx264', {'bf': '3', 'g': '5', 'x264-params': 'open-gop=1'}),
    ('mpeg4.avi', 'mpeg4', {'bf': '2', 'g': '6'}),
    ('mjpeg.avi', 'mjpeg', {}),
])
def test_frames_are_those_asked_for(tmp_path, backend, name, codec, options, square_video):
    path = tmp_path / name
    frames = square_video.draw(30, SIZE)
    if codec == 'mjpeg':
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, SIZE[::-1])
        for frame in frames:
            writer.write(frame)
        writer.release()
    else:
        square_video.write(path, frames, codec, options)
    images, count = read_video(str(path), np.array([21, 3, 3, 29, 14]), backend)
    assert count is None and sorted(images) == [3, 14, 21, 29]
    for index, image in images.items():
        assert centre(image) == pytest.approx(square_video.centre(index, 30, SIZE), abs=0.4)


def test_colours_are_rgb(tmp_path, backend, square_video):
    path = tmp_path / 'red.mp4'
    square_video.write(path, [np.full((*SIZE, 3), (200, 30, 90), np.uint8)] * 2)
    images, _ = read_video(str(path), np.array([1]), backend)
    assert images[1].mean((0, 1)) == pytest.approx((200, 30, 90), abs=5)


def test_both_backends_give_the_same_pixels(video):
    pytest.importorskip('decord')
    inds = np.array([0, 5, 15])
    first, second = (read_video(video, inds, name)[0] for name in BACKENDS)
    for index in inds:
        np.testing.assert_array_equal(first[index], second[index])


def test_keypoints_are_those_of_the_sampled_frames(video, backend):
    results = sample([2, 9, 9, 15], filename=video)
    keypoint, score = results['keypoint'], results['keypoint_score']
    out = AlignedDecode(backend)(results)
    np.testing.assert_array_equal(out['keypoint'], keypoint[:, [2, 9, 9, 15]])
    np.testing.assert_array_equal(out['keypoint_score'], score[:, [2, 9, 9, 15]])
    assert out['keypoint'].dtype == out['keypoint_score'].dtype == np.float32


def test_annotation_arrays_stay_as_they_are(video):
    results = sample([2, 9], filename=video, size=(96, 128))
    keypoint = results['keypoint']
    before = keypoint.copy()
    AlignedDecode()(results)
    np.testing.assert_array_equal(keypoint, before)


def test_keypoints_follow_the_size_of_the_video(video):
    results = sample([4], filename=video, size=(96, 256))
    keypoint = results['keypoint'].astype(np.float32)
    out = AlignedDecode()(results)
    np.testing.assert_allclose(out['keypoint'], keypoint[:, [4]] * [0.25, 0.5], rtol=1e-6)
    assert out['img_shape'] == out['original_shape'] == SIZE


def test_a_frame_sampled_twice_has_memory_of_its_own(video):
    first, second = AlignedDecode()(sample([3, 3], filename=video))['imgs']
    np.testing.assert_array_equal(first, second)
    assert not np.shares_memory(first, second)


def test_short_video_ends_with_its_last_frame_and_keypoints(video, square_video):
    results = sample([3, 15, 16, 30], total=40, filename=video)
    keypoint = results['keypoint'].astype(np.float32)
    out = AlignedDecode('av')(results)
    assert out['frame_inds'].tolist() == [3, 15, 15, 15]
    np.testing.assert_array_equal(out['keypoint'], keypoint[:, [3, 15, 15, 15]])
    for image in out['imgs'][1:]:
        assert centre(image) == pytest.approx(square_video.centre(15, 16, SIZE), abs=0.4)


def test_decord_too_ends_a_short_video_with_its_last_frame(video):
    pytest.importorskip('decord')
    out = AlignedDecode('decord')(sample([15, 30], total=40, filename=video))
    np.testing.assert_array_equal(*out['imgs'])


def test_short_video_warns_once(video, monkeypatch):
    lines = []
    monkeypatch.setattr('mmaction_d3d.datasets.transforms.decoding.print_log',
                        lambda text, **kwargs: lines.append(text))
    decode = AlignedDecode('av')
    for _ in range(2):
        decode(sample([30], total=40, filename=video))
    assert len(lines) == 1 and f'{video}: 16 frames decode, 40 were announced' in lines[0]


def test_truncated_video_gives_what_decodes(tmp_path, backend, square_video):
    path = tmp_path / 'clip.avi'
    noise = np.random.default_rng(0).integers(0, 255, (16, 96, 128, 3), dtype=np.uint8)
    square_video.write(path, list(noise), 'mpeg4', {'g': '4'})
    whole, _ = read_video(str(path), np.array([3]), backend)
    path.write_bytes(path.read_bytes()[:path.stat().st_size * 6 // 10])
    images, count = read_video(str(path), np.array([3, 15]), backend)
    assert 4 <= count <= 12 and sorted(images) == [3, count - 1]
    np.testing.assert_array_equal(images[3], whole[3])


@pytest.mark.parametrize('content',
                         [b'', b'no video at all' * 100, b'RIFF\x00\x10\x00\x00AVI LIST'],
                         ids=['empty', 'text', 'header only'])
def test_unreadable_video_is_an_input_error(tmp_path, backend, content):
    path = tmp_path / 'clip.avi'
    path.write_bytes(content)
    with pytest.raises(InputError, match=r'clip\.avi: video: found .*, want a video that can be'):
        AlignedDecode(backend)(sample([0], filename=str(path)))


def test_file_without_a_picture_stream_is_an_input_error(tmp_path, backend):
    import av
    path = tmp_path / 'sound.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('aac', rate=16000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), 'fltp', 'mono')
        sound.sample_rate = 16000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match=r'sound\.mp4: video: found'):
        AlignedDecode(backend)(sample([0], filename=str(path)))


def test_neither_library_installed_names_the_command(video, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ImportError, match='needs av or decord: pip install av'):
        read_video(video, np.array([0]))


def test_decord_is_used_where_pyav_is_absent(video, monkeypatch, square_video):
    pytest.importorskip('decord')
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None
                        if name == 'av' else find_spec(name))
    monkeypatch.setitem(__import__('sys').modules, 'av', None)
    assert centre(read_video(video,
                             np.array([9
                                       ]))[0][9]) == pytest.approx(square_video.centre(9, 16, SIZE),
                                                                   abs=0.4)


@pytest.mark.parametrize('frame_tmpl, start_index', [('img_{:05}.jpg', 1), ('{:03d}.png', 0)])
def test_frame_folder(rgb_pose_data, frame_tmpl, start_index, square_video):
    data = rgb_pose_data(num_videos=1, size=SIZE)
    frames = data.write_frame_folders(frame_tmpl, start_index)
    dataset = data.build([AlignedDecode()], data_prefix=dict(img=str(frames)),
                         frame_tmpl=frame_tmpl, start_index=start_index)
    results = dataset.pipeline(dict(dataset.get_data_info(0), frame_inds=np.array([7, 0, 15])))
    for index, image in zip([7, 0, 15], results['imgs']):
        assert centre(image) == pytest.approx(square_video.centre(index, 16, SIZE), abs=0.4)


def folder_sample(tmp_path, square_video, missing, inds):
    for index, frame in enumerate(square_video.draw(16, SIZE)):
        if index not in missing:
            cv2.imwrite(str(tmp_path / f'{index}.png'), frame)
    return sample(inds, img_dir=str(tmp_path), frame_tmpl='{}.png', start_index=0)


def test_colours_of_a_frame_folder_are_rgb(tmp_path):
    cv2.imwrite(str(tmp_path / '0.png'), np.full((*SIZE, 3), (90, 30, 200), np.uint8))  # BGR
    results = sample([0], img_dir=str(tmp_path), frame_tmpl='{}.png', start_index=0)
    assert AlignedDecode()(results)['imgs'][0][0, 0].tolist() == [200, 30, 90]


def test_frame_folder_that_ends_early_gives_its_last_frame(tmp_path, square_video):
    out = AlignedDecode()(folder_sample(tmp_path, square_video, range(12, 16), [4, 13]))
    assert out['frame_inds'].tolist() == [4, 11]


@pytest.mark.parametrize('inds', [[5, 13], [0, 15], [6]])
def test_gap_in_a_frame_folder_is_an_input_error(tmp_path, square_video, inds):
    with pytest.raises(InputError, match=r'5\.png: image: found no such file, want all of the 16'):
        AlignedDecode()(folder_sample(tmp_path, square_video, [5], inds))


def test_images_with_gaps_are_taken_in_order_where_as_many_were_announced(
        tmp_path, square_video, monkeypatch):
    lines = []
    monkeypatch.setattr(decoding, 'print_log', lambda text, **_: lines.append(text))
    results = folder_sample(tmp_path, square_video, [5, 9, 10], [4, 5, 12])
    results['total_frames'] = 13
    decode = AlignedDecode()
    for _ in range(2):
        out = decode(dict(results))
        for index, picture in zip([4, 6, 15], out['imgs']):
            assert centre(picture) == pytest.approx(square_video.centre(index, 16, SIZE), abs=0.4)
    assert lines == [f'{tmp_path}: {GAPS}'] and out['frame_inds'].tolist() == [4, 5, 12]


def test_images_whose_names_go_on_after_the_number_have_no_gaps(tmp_path, square_video,
                                                                monkeypatch):
    lines = []
    monkeypatch.setattr(decoding, 'print_log', lambda text, **_: lines.append(text))
    results = folder_sample(tmp_path, square_video, [], [3])
    for path in list(tmp_path.glob('*.png')):
        path.rename(path.with_name(f'{path.stem}_rgb.png'))
    results['frame_tmpl'] = results['frame_tmpl'].replace('.png', '_rgb.png')
    AlignedDecode()(results)
    assert not lines


def test_images_that_begin_before_the_first_frame_are_refused(tmp_path, square_video):
    results = folder_sample(tmp_path, square_video, [], [3]) | dict(start_index=1)
    with pytest.raises(InputError, match='16 from number 0 on, want start_index=0 in the data set'):
        AlignedDecode()(results)


def test_unreadable_image_is_an_input_error(tmp_path, square_video):
    results = folder_sample(tmp_path, square_video, [], [5])
    (tmp_path / '5.png').write_bytes(b'no image')
    with pytest.raises(InputError, match=r'5\.png: image: found a file that cannot be decoded'):
        AlignedDecode()(results)


def test_frames_resized_as_they_are_read_are_those_resized_after(tmp_path, video, backend):
    frames = np.stack([image for _, image in sorted(read_video(video, np.arange(16))[0].items())])
    for index, image in enumerate(frames):
        cv2.imwrite(str(tmp_path / f'img_{index:05}.jpg'), image)
    for source in (dict(filename=video), dict(array=frames),
                   dict(img_dir=str(tmp_path), frame_tmpl='img_{:05}.jpg', start_index=0)):
        for resize in (Resize((-1, 37)), Resize((50, 30), keep_ratio=False)):
            steps = [AlignedDecode(backend), resize]
            together = resizing_as_read(steps)
            assert len(together) == 1
            after, before = sample([2, 9, 9, 20], **source), sample([2, 9, 9, 20], **source)
            for step in steps:
                after = step(after)
            before = together[0](before)
            assert before.keys() == after.keys()
            for key, value in after.items():
                np.testing.assert_array_equal(before[key], value, key)
            assert not np.shares_memory(before['imgs'][1], before['imgs'][2])


def test_other_steps_are_left_as_they_are():
    resize = Resize((-1, 37))
    for steps in ([resize, AlignedDecode()], [AlignedDecode(), Resize((-1, 37), lazy=True)]):
        assert resizing_as_read(steps) == steps
    decode, *rest = resizing_as_read([AlignedDecode(), resize, resize])
    assert decode.resize is resize and rest == [resize]
