"""Penn Action's files to annotations: coordinates, splits, published slips, wrong files."""
import os
import pickle

import numpy as np
import pytest
from scipy.io import savemat

from mmaction_d3d.datasets.converters.pennaction import CLASSES, read_pennaction
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError

from .pennaction_files import label_of, write_clip


@pytest.fixture
def root(tmp_path):
    return tmp_path / 'pennaction'


@pytest.fixture
def read(root):
    """Reads ``root``: content and the counts of the report."""

    def run():
        report = DropReport()
        return read_pennaction(str(root), 1, report), report.counts()

    return run


def read_one(read):
    """The one annotation, and the notes of the report."""
    content, notes = read()
    annotation, = content['annotations']
    return annotation, list(notes)


def test_pixels_of_matlab_become_continuous_coordinates(root, read):
    x, y = np.full((2, 4, 13), 1.)
    write_clip(root, '0001', x=x, y=y + 2)  # centres of the first pixel and of the third
    annotation, notes = read_one(read)
    assert notes == [] and annotation['keypoint'].shape == (1, 4, 13, 2)
    assert (annotation['keypoint'] == [0.5, 2.5]).all()


def test_joints_keep_frame_and_place(root, read):
    write_clip(root, '0001')
    label, (annotation, _) = label_of(), read_one(read)
    np.testing.assert_array_equal(annotation['keypoint'][0, 3, 7],
                                  [label['x'][3, 7] - 0.5, label['y'][3, 7] - 0.5])
    np.testing.assert_array_equal(annotation['keypoint_score'][0], label['visibility'])


def test_boxes_are_kept(root, read):
    write_clip(root, '0001')
    annotation, _ = read_one(read)
    assert annotation['bbox'].shape == (1, 4, 4)
    assert (annotation['bbox'] == [10.5, 5.5, 70.5, 60.5]).all()


def test_size_is_height_and_width(root, read):
    write_clip(root, '0001')
    assert read_one(read)[0]['img_shape'] == (64, 80)


def test_official_splits_and_labels(root, read):
    write_clip(root, '0001', action='tennis_serve', train=1.)
    write_clip(root, '0002', action='baseball_pitch', train=-1.)
    content, _ = read()
    assert content['split'] == dict(train=['0001'], test=['0002'])
    assert [a['label'] for a in content['annotations']] == [14, 0]
    assert content['classes'] == list(CLASSES) == sorted(CLASSES) and len(CLASSES) == 15


@pytest.mark.parametrize('change, total', [(dict(nframes=9.), 4), (dict(frames=4, rows=3), 3),
                                           (dict(frames=3, rows=4), 3)],
                         ids=['nframes', 'fewer rows', 'fewer frames'])
def test_frame_counts_that_differ_are_cut_to_what_is_there(root, read, change, total):
    rows = change.pop('rows', 4)
    label = label_of(frames=rows)
    write_clip(root, '0001', **{**label, 'frames': 4, **change})
    annotation, notes = read_one(read)
    assert annotation['total_frames'] == annotation['keypoint'].shape[1] == total
    assert notes == ['nframes, rows of labels and number of frames differ: as many as all have']


def test_last_box_stands_for_those_that_are_missing(root, read):
    box = np.array([[1., 1., 5., 5.], [2., 2., 6., 6.]])
    write_clip(root, '0001', bbox=box)
    annotation, notes = read_one(read)
    assert notes == ['fewer boxes than frames: the last one stands for the rest']
    np.testing.assert_array_equal(annotation['bbox'][0, :, 0], [0.5, 1.5, 1.5, 1.5])


def test_clip_without_boxes(root, read):
    write_clip(root, '0001', bbox=np.zeros((0, 0)))
    annotation, notes = read_one(read)
    assert notes == ['no boxes'] and 'bbox' not in annotation


@pytest.mark.parametrize('written, name', [('strumming_guitar', 'strum_guitar'),
                                           ('bowling', 'bowl'), ('pull_ups', 'pullup'),
                                           ('push_ups', 'pushup'), ('sit_ups', 'situp'),
                                           ('squats', 'squat'), ('Jumping Jacks', 'jumping_jacks')])
def test_other_spelling_of_a_class(root, read, written, name):
    write_clip(root, '0001', action=written)
    annotation, notes = read_one(read)
    assert CLASSES[annotation['label']] == name
    assert notes == ['class name in another spelling: mended']


def test_numbers_that_are_not_finite_are_joints_not_seen(root, read):
    x = label_of()['x']
    x[2, 5] = np.nan
    write_clip(root, '0001', x=x)
    annotation, _ = read_one(read)
    assert annotation['keypoint_score'][0, 2, 5] == 0 and annotation['keypoint_score'].sum() == 47
    assert np.isfinite(annotation['keypoint']).all()


def test_smaller_copies_of_the_frames(root, read):
    write_clip(root, '0001', size=(32, 40), dimensions=np.array([[64., 80., 4.]]))
    annotation, notes = read_one(read)
    assert annotation['img_shape'] == (64, 80)
    assert notes == ['frames of another size than dimensions says: joints are scaled to them']


def test_frame_missing_amid_others_ends_the_clip(root, read):
    write_clip(root, '0001')
    (root / 'frames/0001/000003.jpg').unlink()
    annotation, notes = read_one(read)
    assert annotation['total_frames'] == 2
    assert 'a frame is missing amid others: the clip ends there' in notes


def test_folder_or_label_without_the_other_is_reported(root, read):
    for name in ('0001', '0002', '0003'):
        write_clip(root, name)
    (root / 'labels/0002.mat').unlink()
    for frame in (root / 'frames/0003').iterdir():
        frame.unlink()
    content, notes = read()
    assert content['split']['train'] == ['0001']
    assert set(notes) == {'frames without a label file: left out', 'no frame 000001.jpg: left out'}


def without(field):

    def change(root):
        label = label_of()
        del label[field]
        savemat(root / 'labels/0001.mat', label)

    return change


def with_label(**fields):
    return lambda root: savemat(root / 'labels/0001.mat', label_of(**fields))


def matlab_7_3(root):
    head = b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(124) + b'\x00\x02IM'
    (root / 'labels/0001.mat').write_bytes(head + b'\0' * 384 + b'\x89HDF\r\n\x1a\n')


def cut_off(root):
    path = root / 'labels/0001.mat'
    path.write_bytes(path.read_bytes()[:-100])


WRONG = {
    'v7.3': (matlab_7_3, r'0001\.mat: format: found MATLAB 7\.3 \(HDF5\), want MATLAB 5 to 7'),
    'cut off': (cut_off, r'0001\.mat: content: found .* want a whole MATLAB file'),
    'empty': (lambda root: (root / 'labels/0001.mat').write_bytes(b''), 'a whole MATLAB file'),
    'no action': (without('action'), 'action: found nothing'),
    'no joints': (without('x'), 'x: found nothing'),
    'unknown class': (with_label(action='chess'), "action: found 'chess'"),
    'other joints': (with_label(x=np.ones((4, 14))), 'x: found 4 x 14 float64, want frames x 13'),
    'text for joints': (with_label(y='none'), 'y: found'),
    'neither split': (with_label(train=2.), r'train: found \[\[2.*want 1 \(train\)'),
    'no size': (with_label(dimensions=np.zeros((0, 0))), 'dimensions: found'),
    'other ratio': (with_label(dimensions=np.array([[80., 64., 4.]])), 'size: found 64 x 80'),
    'broken image': (lambda root:
                     (root / 'frames/0001/000001.jpg').write_bytes(b'x'), 'want an image'),
    'no labels': (lambda root: (root / 'labels/0001.mat').unlink(), 'labels: found 0 files'),
    'no folder': (lambda root: os.rename(root / 'labels', root / 'l'), 'labels: found no such'),
}


@pytest.mark.parametrize('change, message', WRONG.values(), ids=WRONG)
def test_wrong_file(root, read, change, message):
    write_clip(root, '0001')
    change(root)
    with pytest.raises(InputError, match=message):
        read()


def test_the_training_data_set_reads_it_boxes_and_all(root, read, tmp_path):
    from mmaction.registry import DATASETS
    write_clip(root, '0001', frames=6)
    path = tmp_path / 'a.pkl'
    path.write_bytes(pickle.dumps(read()[0]))
    pipeline = [
        dict(type='AlignedSampleFrames', clip_len=2),
        dict(type='AlignedDecode'),
        dict(type='Resize', scale=(-1, 64)),
        dict(type='RandomCrop', size=56),
        dict(type='JointFlip', layout='penn13'),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackRGBPose')
    ]
    data = DATASETS.build(
        dict(type='RGBPoseDataset', ann_file=str(path), data_prefix=dict(img=str(root / 'frames')),
             frame_tmpl='{:06}.jpg', layout='penn13', num_person=1, num_classes=15, split='train',
             pipeline=pipeline))
    assert data[0]['inputs']['keypoint'].shape == (1, 2, 13, 3)
