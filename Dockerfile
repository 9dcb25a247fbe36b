# genbench on the CPU:           docker build -t genbench .
# on a GPU (NVIDIA, CUDA 12.6):  docker build -t genbench:cuda --build-arg TORCH=cu126 .
#
#   docker run --rm -v "$PWD/runs:/work/runs" genbench run quick
#   docker run --rm --gpus all -v "$PWD/runs:/work/runs" genbench:cuda run quick
ARG PYTHON=3.11
FROM python:${PYTHON}-slim

# Which build of torch: `cpu`, or one for CUDA (`cu126`, `cu128`). CUDA itself comes with it; the host has the driver.
ARG TORCH=cpu
# Extras beside the base, such as "inception,parquet".
ARG EXTRAS=""

COPY pyproject.toml README.md LICENSE NOTICE.md /src/
COPY genbench /src/genbench
COPY suites /src/suites
COPY templates /src/templates

RUN pip install --no-cache-dir torch torchvision --index-url "https://download.pytorch.org/whl/${TORCH}" \
    && pip install --no-cache-dir "/src${EXTRAS:+[$EXTRAS]}" \
    && rm -rf /src

# Not root; results go to /work/runs, trained classifiers and downloads to /work/cache.
RUN useradd --create-home genbench && mkdir -p /work/runs /work/cache && chown -R genbench /work
USER genbench
WORKDIR /work
ENV GENBENCH_CACHE=/work/cache
ENTRYPOINT ["genbench"]
CMD ["--help"]
