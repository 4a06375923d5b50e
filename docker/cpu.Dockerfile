# For machines without a GPU:  docker build -f docker/cpu.Dockerfile -t mmaction_d3d:cpu .
FROM python:3.11-slim-bookworm AS packages

COPY requirements/lock.txt /requirements/lock.txt
# PyTorch's CPU builds of the lock's versions, and nothing of CUDA. Without dependencies, as the lock has all of them.
RUN python -m venv /opt/venv \
    && grep -vE '^(torch|torchvision|triton|cuda-[a-z]+|nvidia-[a-z0-9-]+)==' /requirements/lock.txt > /requirements/cpu.txt \
    && grep -E '^(torch|torchvision)==' /requirements/lock.txt > /requirements/torch.txt \
    && /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --only-binary=:all: -r /requirements/cpu.txt \
    && /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --only-binary=:all: \
        --index-url https://download.pytorch.org/whl/cpu -r /requirements/torch.txt

FROM python:3.11-slim-bookworm

# The model runs as this user, who owns nothing of the installation.
RUN useradd --create-home --uid 1000 d3d
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/mmaction_d3d
COPY LICENSE README.md MANIFEST.in model-index.yml pyproject.toml setup.py d3d_command.py ./
COPY requirements requirements
COPY configs configs
COPY tools tools
COPY mmaction_d3d mmaction_d3d
RUN /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

ENV PATH=/opt/venv/bin:$PATH
USER 1000
WORKDIR /work
ENTRYPOINT ["d3d"]
CMD ["--help"]
