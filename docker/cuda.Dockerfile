# For NVIDIA GPUs:  docker build -f docker/cuda.Dockerfile -t mmaction_d3d:cuda .
FROM python:3.11-slim-bookworm AS packages

COPY requirements/lock.txt /requirements/lock.txt
# The lock has PyTorch with CUDA's libraries, so that the machine needs its driver alone, and no CUDA in the base image.
# Without dependencies, as the lock has all of them.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --only-binary=:all: -r /requirements/lock.txt

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

# What the driver has to bring into the container.
ENV PATH=/opt/venv/bin:$PATH \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000
WORKDIR /work
ENTRYPOINT ["d3d"]
CMD ["--help"]
