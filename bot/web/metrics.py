"""What the web process counts, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "lockbot_webhook_deliveries",
            "Webhook requests by event and outcome",
            ["event", "outcome"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "lockbot_webhook_seconds",
            "Time to answer a webhook request",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self.jobs = Counter("lockbot_jobs_accepted", "Jobs put on the queue", ["kind"], registry=self.registry)
        self.queued = Gauge("lockbot_jobs", "Jobs by state", ["state"], registry=self.registry)
        self.workers = Gauge(
            "lockbot_workers", "Worker processes that this server keeps running", registry=self.registry
        )
        self.restarts = Gauge(
            "lockbot_worker_restarts", "Workers started again after they died", registry=self.registry
        )
        self.inbox = Gauge(
            "lockbot_inbox_deliveries", "Accepted webhooks that are not on the queue yet", registry=self.registry
        )
        self.inbox_age = Gauge(
            "lockbot_inbox_oldest_seconds", "How long the oldest of these has waited", registry=self.registry
        )
