"""Runs the core of the suite on the oldest and the newest packages that install: ``make drift``.

Each stack has an environment of its own below ``work_dirs/drift``, made once. What is not pinned by
a stack is what pip finds: for the newest one, the newest of all.
"""
import argparse
import csv
import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = ('tests/test_compat.py', 'tests/test_models', 'tests/test_evaluation',
        'tests/test_checkpoint_files.py', 'tests/test_resumed_state.py', 'tests/test_files.py',
        'tests/test_datasets/test_rgb_pose_dataset.py', 'tests/test_datasets/test_safe_pickle.py',
        'tests/test_engine/test_checkpoint_hook.py', 'tests/test_engine/test_runner.py',
        'tests/test_parallel.py', 'tests/end_to_end/test_overfit.py')
_SHOWN = ('torch', 'torchvision', 'numpy', 'opencv-python-headless', 'mmengine', 'mmaction2')
FIELDS = ('stack', 'date', 'python', *_SHOWN, 'passed', 'failed', 'skipped')
_ALONE = ('mmengine', 'mmcv-lite', 'mmaction2')  # installed without what they ask for
_TESTS = ('pytest', 'hypothesis')


def _lock() -> dict[str, str]:
    lines = (ROOT / 'requirements' / 'lock.txt').read_text().splitlines()
    return dict(line.split('==') for line in lines if line and not line.startswith('#'))


def requirements(stack: str) -> list[str]:
    """Return what pip installs for a stack, each with its version where the stack pins it."""
    lines = (ROOT / 'requirements' / 'install.txt').read_text().splitlines()
    lines = [line.partition('  #')[0] for line in lines if line and not line.startswith('#')]
    names = [re.match(r'[\w.-]+', line)[0] for line in lines]
    if stack == 'newest':
        # Limits are what is tried; of setuptools only, mmengine cannot do without.
        others = [name for name in names if name != 'setuptools']
        return [*others, 'setuptools<81', 'opencv-python-headless', *_TESTS]
    oldest = {
        'torch': '2.6.0', 'torchvision': '0.21.0', 'numpy': '1.26.4', 'opencv-python-headless':
        '4.8.1.78'
    }
    locked = _lock()
    pins = {
        name: oldest.get(name) or locked.get(name) or locked[name.replace('-', '_')]
        for name in [*names, 'opencv-python-headless', *_TESTS] if name != 'pyyaml'
    }
    return [f'{name}=={version}' for name, version in pins.items()] + ['pyyaml']


def make_environment(folder: Path, interpreter: str, stack: str) -> Path:
    """Make the environment of a stack if it is not there, and return its interpreter."""
    python, stamp = folder / 'bin' / 'python', folder / 'whole'
    if stamp.is_file():
        return python
    subprocess.run([interpreter, '-m', 'venv', '--clear', folder], check=True)
    pip = [python, '-m', 'pip', 'install', '--quiet', '--only-binary=:all:']
    subprocess.run([*pip, *requirements(stack)], check=True)
    locked = _lock()
    alone = [f'{name}=={locked[name]}' for name in _ALONE]  # newer ones refuse each other
    subprocess.run([*pip[:-1], '--no-deps', *alone], check=True)
    stamp.touch()
    return python


def versions(python: Path) -> dict[str, str]:
    """Return the versions of an environment that a row says."""
    code = ('import json, platform, sys; from importlib.metadata import version; '
            'print(json.dumps(dict(python=platform.python_version(), '
            '**{name: version(name) for name in sys.argv[1:]})))')
    out = subprocess.run([python, '-c', code, *_SHOWN], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def run_core(python: Path, log: Path, tests: list[str]) -> dict[str, int]:
    """Run the tests; return how many ended how. The log has the rest."""
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    with log.open('w') as file:
        subprocess.run([python, '-m', 'pytest', '-q', '--durations=10', '-rfE', *tests], cwd=ROOT,
                       env=environment, stdout=file, stderr=subprocess.STDOUT)
    last = log.read_text().rstrip().rpartition('\n')[2]
    counts = {name: int(count) for count, name in re.findall(r'(\d+) (\w+)', last)}
    if 'passed' not in counts:
        sys.exit(f'error: {log}: last line: found {last}, want a count of tests')
    return dict(passed=counts['passed'],
                failed=counts.get('failed', 0) + counts.get('errors', 0) + counts.get('error', 0),
                skipped=counts.get('skipped', 0))


def main() -> None:
    """Make the environments, run the tests and write a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--stacks', nargs='+', choices=('oldest', 'newest'),
                        default=('oldest', 'newest'))
    parser.add_argument('--oldest-python', default='python3.11', help='(default: %(default)s)')
    parser.add_argument('--newest-python', default='python3.13', help='(default: %(default)s)')
    parser.add_argument('--folder', type=Path, default=ROOT / 'work_dirs' / 'drift')
    parser.add_argument('--out', type=Path, default=ROOT / 'docs' / 'results' / 'drift.csv')
    parser.add_argument('--tests', nargs='+', default=CORE, help='(default: the core)')
    args = parser.parse_args()
    rows = {}
    if args.out.is_file():
        with args.out.open(newline='') as file:
            rows = {row['stack']: row for row in csv.DictReader(file)}
    args.folder.mkdir(parents=True, exist_ok=True)
    for stack in args.stacks:
        python = make_environment(args.folder / stack, getattr(args, f'{stack}_python'), stack)
        counts = run_core(python, args.folder / f'{stack}.log', list(args.tests))
        rows[stack] = dict(stack=stack, date=datetime.date.today().isoformat(), **versions(python),
                           **counts)
        with args.out.open('w', newline='') as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator='\n')
            writer.writeheader()
            writer.writerows(rows.values())
        print(' '.join(str(rows[stack][field]) for field in FIELDS), flush=True)
    sys.exit(any(int(row['failed']) for row in rows.values()))


if __name__ == '__main__':
    main()
