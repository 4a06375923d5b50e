"""Official lists and splits of NTU RGB+D."""
from pathlib import Path

import pytest

from mmaction_d3d.datasets.converters.ntu_missing import MISSING_SKELETONS
from mmaction_d3d.datasets.converters.ntu_protocol import BENCHMARKS, parse_name

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / 'shared/data/ntu'


def sample(setup=1, camera=1, subject=1, action=1):
    return parse_name(f'S{setup:03}C{camera:03}P{subject:03}R001A{action:03}')


def test_name():
    name = parse_name('S012C003P045R002A118')
    assert (name.setup, name.camera, name.subject, name.replication, name.action) == (12, 3, 45, 2,
                                                                                      118)
    assert parse_name('S012C003P045R002A118_rgb') is None


@pytest.mark.parametrize('name, number', [('ntu60', 302), ('ntu120', 535)])
def test_number_of_missing_skeletons(name, number):
    assert sum(BENCHMARKS[name].holds(parse_name(missing))
               for missing in MISSING_SKELETONS) == (number)


@pytest.mark.skipif(not REAL.is_dir(), reason='needs the published lists')
@pytest.mark.parametrize('name, file', [('ntu60', 'NTU_RGBD'), ('ntu120', 'NTU_RGBD120')])
def test_missing_skeletons_are_those_of_the_published_list(name, file):
    published = (REAL / f'{file}_samples_with_missing_skeletons.txt').read_text().split()
    held = {missing for missing in MISSING_SKELETONS if BENCHMARKS[name].holds(parse_name(missing))}
    assert held == set(published)


@pytest.mark.parametrize('name, setup, action, holds', [('ntu60', 17, 60, True),
                                                        ('ntu60', 18, 60, False),
                                                        ('ntu60', 1, 61, False),
                                                        ('ntu120', 32, 120, True),
                                                        ('ntu120', 33, 1, False),
                                                        ('ntu120', 1, 121, False)])
def test_what_belongs_to_a_benchmark(name, setup, action, holds):
    assert BENCHMARKS[name].holds(sample(setup=setup, action=action)) == holds


def subjects(benchmark, number, part):
    samples = [sample(subject=subject) for subject in range(1, number + 1)]
    return [int(name[9:12]) for name in BENCHMARKS[benchmark].splits(samples)[f'xsub_{part}']]


def test_subjects_of_60():
    # Section 3.2 of the paper lists those for training: these are the rest.
    assert subjects('ntu60', 40, 'val') == [
        3, 6, 7, 10, 11, 12, 20, 21, 22, 23, 24, 26, 29, 30, 32, 33, 36, 37, 39, 40
    ]


def test_subjects_of_120():
    train = subjects('ntu120', 106, 'train')
    # Number and sum of the list that PYSKL's ntu_preproc.py holds.
    assert len(train) == 53 and sum(train) == 2795 and train[:20] == subjects('ntu60', 40, 'train')


def test_cameras_and_setups():
    samples = [sample(camera=camera, setup=setup) for camera in (1, 2, 3) for setup in (1, 2)]
    split60, split120 = (BENCHMARKS[name].splits(samples) for name in ('ntu60', 'ntu120'))
    assert {name[4:8] for name in split60['xview_train']} == {'C002', 'C003'}
    assert {name[4:8] for name in split60['xview_val']} == {'C001'}
    assert {name[:4] for name in split120['xset_train']} == {'S002'}
    assert {name[:4] for name in split120['xset_val']} == {'S001'}
    assert set(split60) == {'xsub_train', 'xsub_val', 'xview_train', 'xview_val'}
    assert set(split120) == {'xsub_train', 'xsub_val', 'xset_train', 'xset_val'}
