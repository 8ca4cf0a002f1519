# One image for web, writer, worker and beat; docker-compose.yml says which is which.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.lock

FROM python:3.11-slim
RUN useradd --system --create-home tidewatch
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/staticfiles
# collectstatic touches no store; the settings only have to be there.
RUN ENVIRONMENT=development SECRET_KEY=build JWT_SECRET_KEY=build \
    DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost \
    CLICKHOUSE_URL=clickhouse://localhost CLICKHOUSE_READER_URL=clickhouse://localhost S3_ENDPOINT_URL=http://localhost S3_ACCESS_KEY=build S3_SECRET_KEY=build \
    python manage.py collectstatic --noinput
USER tidewatch
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["granian", "--interface", "asginl", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--backpressure", "4096", "--workers-kill-timeout", "5", "config.asgi:application"]
