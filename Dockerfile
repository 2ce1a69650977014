# Named with its Debian: on Python 3.12 and later the job database needs SQLite 3.42, which older ones do not have.
FROM python:3.13-slim-trixie AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY bot ./bot
COPY config ./config
# The clouds whose tokens private indexes want, and traces: --build-arg EXTRAS="gcp aws azure otel".
ARG EXTRAS=""
# Exactly the locked versions, then lockbot itself as a wheel. uv is a tool of this stage only.
RUN uv sync --locked --no-dev --no-editable --no-cache --extra server --python /usr/local/bin/python --compile-bytecode \
        $(for extra in $EXTRAS; do echo --extra "$extra"; done)

FROM python:3.13-slim-trixie AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends git ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data --create-home lockbot
COPY --from=build /src/.venv /src/.venv
ENV PATH="/src/.venv/bin:$PATH" \
    HOME=/data \
    PYTHONUNBUFFERED=1 \
    LOCKBOT_DATA_DIR=/data/state \
    LOCKBOT_CACHE_DIR=/data/cache \
    LOCKBOT_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["lockbot", "serve", "--host", "0.0.0.0", "--port", "8080", "--workers", "2"]

# For where a new volume belongs to root and nobody gives it away before the start (Fly): docker build --target fly.
FROM runtime AS fly
ENTRYPOINT ["sh", "-c", "chown lockbot:lockbot /data && exec setpriv --reuid=lockbot --regid=lockbot --init-groups --no-new-privs \"$@\"", "entry"]

# The one that is built unless said.
FROM runtime
USER lockbot
