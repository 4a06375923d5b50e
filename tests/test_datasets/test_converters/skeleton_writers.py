"""Skeleton files as other tools write them, of tracks P x T x V x 3 (x, y, score)."""
import json
import pickle

import numpy as np

COCO = [
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder', 'right_shoulder',
    'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle'
]


def walk(frames=6, joints=17, start=(20., 20.), step=2., score=0.5):
    """One person, T x V x 3, that moves right; joint j is j pixels below the first."""
    person = np.zeros((frames, joints, 3))
    person[..., 0] = start[0] + step * np.arange(frames)[:, None]
    person[..., 1] = start[1] + np.arange(joints)
    person[..., 2] = score
    return person


def there(people):
    """Those of a frame's people, P x V x 3, who have a joint."""
    return [person for person in people if person[:, 2].any()]


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_coco(path, clips, size=(64, 80), name='{clip}/{number:06}.jpg', first=1, joints=COCO):
    """COCO keypoint JSON (person_keypoints_*.json): ground truth's flags in place of scores."""
    content = dict(
        info=dict(description='made up'), licenses=[], images=[], annotations=[], categories=[
            dict(supercategory='person', id=1, name='person', keypoints=list(joints),
                 skeleton=[[16, 14]])
        ])
    for clip, tracks in clips.items():
        for frame in range(tracks.shape[1]):
            image = len(content['images']) + 100
            content['images'].append(
                dict(license=4, file_name=name.format(clip=clip, number=frame + first),
                     height=size[0], width=size[1], id=image))
            for person in there(tracks[:, frame]):
                flat = np.where(person[:, 2:] > 0, [1, 1, 2] * np.ones_like(person), 0)
                flat[:, :2] = person[:, :2]
                content['annotations'].append(
                    dict(id=len(content['annotations']), image_id=image, category_id=1, iscrowd=0,
                         num_keypoints=len(person), area=9.5, bbox=[1., 1., 9., 9.],
                         keypoints=flat.round().astype(int).flatten().tolist()))
    write_json(path, content)


def mmpose_instances(people):
    """mmpose's split_instances: its bbox is a list in a list."""
    return [
        dict(keypoints=person[:, :2].tolist(), keypoint_scores=person[:, 2].tolist(),
             bbox=[[1., 1., 9., 9.]], bbox_score=0.9) for person in there(people)
    ]


def write_mmpose_video(path, tracks):
    """The inferencer's pred_out_dir of a video."""
    write_json(path, [
        dict(frame_id=frame, instances=mmpose_instances(tracks[:, frame]))
        for frame in range(tracks.shape[1])
    ])


def write_mmpose_demo(path, tracks, joints=COCO):
    """topdown_demo_with_mmdet.py: frames from 1, names of joints, results_ before the name."""
    frames = [
        dict(frame_id=frame + 1, instances=mmpose_instances(tracks[:, frame]))
        for frame in range(tracks.shape[1])
    ]
    names = {str(index): name for index, name in enumerate(joints)}
    write_json(
        path.with_name(f'results_{path.name}'),
        dict(meta_info=dict(dataset_name='coco', num_keypoints=len(joints), keypoint_id2name=names),
             instance_info=frames))


def write_mmpose_images(folder, tracks):
    """The inferencer's pred_out_dir of a folder of images."""
    for frame in range(tracks.shape[1]):
        write_json(folder / f'{frame + 1:06}.json', mmpose_instances(tracks[:, frame]))


def write_openpose(folder, clip, tracks):
    """OpenPose's --write_json of a video."""
    for frame in range(tracks.shape[1]):
        people = [
            dict(person_id=[-1], pose_keypoints_2d=person.flatten().tolist(), face_keypoints_2d=[],
                 hand_left_keypoints_2d=[], hand_right_keypoints_2d=[], pose_keypoints_3d=[],
                 face_keypoints_3d=[], hand_left_keypoints_3d=[], hand_right_keypoints_3d=[])
            for person in there(tracks[:, frame])
        ]
        write_json(folder / f'{clip}_{frame:012}_keypoints.json', dict(version=1.3, people=people))


def write_alphapose(path, tracks, name='{}.jpg'):
    """alphapose-results.json: people of all frames in one list, scores over 1 a person."""
    write_json(path, [
        dict(image_id=name.format(frame), category_id=1, keypoints=person.flatten().tolist(),
             score=2.9, box=[1., 1., 9., 9.], idx=[0.0]) for frame in range(tracks.shape[1])
        for person in there(tracks[:, frame])
    ])


CMU = [0, 17, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]  # of COCO's and the neck


def write_alphapose_form(path, tracks, form='cmu', name='{}.jpg'):
    """alphapose-results.json of --format cmu or open: OpenPose's 18 joints by image."""
    people, joints = dict(cmu=('bodies', 'joints'), open=('people', 'pose_keypoints_2d'))[form]
    content = {}
    for frame in range(tracks.shape[1]):
        bodies = []
        for person in there(tracks[:, frame]):
            person = np.concatenate([person, person[5:7].mean(0, keepdims=True)])
            bodies.append({joints: person[CMU].flatten().tolist()})
        if bodies:  # only images with somebody are listed
            content[name.format(frame)] = {'version': 'AlphaPose v0.3', people: bodies}
    write_json(path, content)
    for image, listed in content.items():
        write_json(path.parent / 'sep-json' / f'{image.split(".")[0]}.json', listed)


def write_coco_results(path, tracks, image):
    """A COCO list of results: ``image`` gives the image_id of a frame."""
    write_json(path, [
        dict(image_id=image(frame), category_id=1, score=0.9, keypoints=person.flatten().tolist())
        for frame in range(tracks.shape[1]) for person in there(tracks[:, frame])
    ])


def ultralytics_people(people, size=(1, 1)):
    """Results.summary(): pixels, or shares of a size."""
    height, width = size
    return [
        dict(
            name='person', **{'class': 0}, confidence=0.9, box=dict(x1=0.1, y1=0.1, x2=1., y2=1.),
            keypoints=dict(x=(person[:, 0] / width).tolist(), y=(person[:, 1] / height).tolist(),
                           visible=person[:, 2].tolist())) for person in there(people)
    ]


def write_ultralytics_labels(folder, clip, tracks, size=(64, 80), end=(), scores=True, first=1):
    """predict(save_txt=True) of a video: frames with somebody, from 1 on, in shares."""
    height, width = size
    for frame in range(tracks.shape[1]):
        lines = []
        for person in there(tracks[:, frame]):
            shares = person / (width, height, 1)
            numbers = (0, 0.5, 0.5, 0.2, 0.4, *shares[:, :3 if scores else 2].flatten(), *end)
            lines.append(('%g ' * len(numbers)).rstrip() % numbers)
        if lines:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f'{clip}_{frame + first}.txt').write_text('\n'.join(lines) + '\n')


def write_pyskl(path, clips, size=(64, 80)):
    """A pickle of PYSKL: float16."""
    annotations = [
        dict(frame_dir=clip, total_frames=tracks.shape[1], img_shape=size, original_shape=size,
             label=0, keypoint=tracks[..., :2].astype(np.float16),
             keypoint_score=tracks[..., 2].astype(np.float16)) for clip, tracks in clips.items()
    ]
    path.write_bytes(pickle.dumps(dict(split=dict(train=list(clips)), annotations=annotations)))
