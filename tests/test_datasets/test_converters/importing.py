"""Skeletons of every format, attached to a clip."""
import numpy as np

from mmaction_d3d.datasets.converters.attach import attach_skeletons
from mmaction_d3d.drop_report import DropReport

from . import skeleton_writers as files


def annotation(name='clip', total=6, size=(64, 80), **fields):
    return dict(frame_dir=name, label=0, total_frames=total, img_shape=size, original_shape=size,
                **fields)


def attach(path, kind, annotations=None, layout='coco17', num_person=2, source='coco17'):
    """The annotations with skeletons, and the counts of the report."""
    report = DropReport()
    annotations = [annotation()] if annotations is None else annotations
    kind, *form = kind.split()
    source = None if kind == 'openpose' or form in (['cmu'], ['open']) else source
    return attach_skeletons(annotations, str(path), kind, layout, num_person, report,
                            source_layout=source), report.counts()


TRACKS = files.walk()[None]

WRITERS = {
    'coco': ('coco', lambda root, tracks: files.write_coco(root / 's.json', {'clip': tracks}),
             's.json'),
    'coco without folders': ('coco', lambda root, tracks: files.write_coco(
        root / 's.json', {'clip': tracks}, name='{clip}_{number:012}.jpg', first=0), 's.json'),
    'mmpose video':
    ('mmpose', lambda root, tracks: files.write_mmpose_video(root / 'clip.json', tracks),
     'clip.json'),
    'mmpose videos':
    ('mmpose', lambda root, tracks: files.write_mmpose_video(root / 's' / 'clip.json', tracks),
     's'),
    'mmpose demo':
    ('mmpose', lambda root, tracks: files.write_mmpose_demo(root / 's' / 'clip.json', tracks), 's'),
    'mmpose images':
    ('mmpose', lambda root, tracks: files.write_mmpose_images(root / 's' / 'clip', tracks), 's'),
    'pyskl': ('pyskl', lambda root, tracks: files.write_pyskl(root / 's.pkl', {'clip': tracks}),
              's.pkl'),
    'alphapose video': ('alphapose', lambda root, tracks: files.write_alphapose(
        root / 's' / 'clip' / 'alphapose-results.json', tracks), 's'),
    'alphapose images': ('alphapose', lambda root, tracks: files.write_alphapose(
        root / 's.json', np.insert(tracks, 0, 0, 1), 'clip_{:06}.jpg'), 's.json'),
    'alphapose cmu': ('alphapose cmu', lambda root, tracks: files.write_alphapose_form(
        root / 's' / 'clip' / 'alphapose-results.json', tracks), 's'),
    'alphapose open': ('alphapose open', lambda root, tracks: files.write_alphapose_form(
        root / 's.json', np.insert(tracks, 0, 0, 1), 'open', 'clip_{:06}.jpg'), 's.json'),
    'coco results by number': ('coco results', lambda root, tracks: files.write_coco_results(
        root / 's' / 'clip.json', tracks, lambda frame: frame + 1), 's'),
    'coco results by name': ('coco results', lambda root, tracks: files.write_coco_results(
        root / 's.json', tracks, lambda frame: f'clip_{frame + 1:06}'), 's.json'),
    'coco results by image': ('coco results',
                              lambda root, tracks: coco_with_results(root / 's', tracks), 's'),
    'ultralytics labels': ('ultralytics', lambda root, tracks: files.write_ultralytics_labels(
        root / 'predict' / 'labels', 'clip', tracks), 'predict'),
    'ultralytics tracks': ('ultralytics', lambda root, tracks: files.write_ultralytics_labels(
        root / 'labels', 'clip', tracks, end=(0.875, 3)), 'labels'),
    'ultralytics images': ('ultralytics', lambda root, tracks: files.write_ultralytics_labels(
        root / 's' / 'clip', 'img', tracks, end=(0.875, )), 's'),
    'ultralytics frames': ('ultralytics', lambda root, tracks: [
        files.write_json(root / 's' / f'clip_{frame + 1}.json',
                         files.ultralytics_people(tracks[:, frame])) for frame in range(6)
    ], 's'),
    'ultralytics video': ('ultralytics', lambda root, tracks: files.write_json(
        root / 'clip.json', [files.ultralytics_people(tracks[:, frame])
                             for frame in range(6)]), 'clip.json'),
    'ultralytics shares': ('ultralytics', lambda root, tracks: files.write_json(
        root / 'clip.json',
        [files.ultralytics_people(tracks[:, frame], (64, 80)) for frame in range(6)]), 'clip.json'),
}


def coco_with_results(folder, tracks):
    """A file of images whose own people are others, and results of these images."""
    files.write_coco(folder / 'images.json', {'clip': tracks + 9})
    files.write_coco_results(folder / 'results.json', tracks, lambda frame: frame + 100)
