"""Traces for OpenTelemetry: a delivery, the jobs that came of it on whatever machine, and the stages of each.

Nothing of the library is imported unless the standard variables (``OTEL_EXPORTER_OTLP_ENDPOINT``) say where traces go. What a
trace is called follows from the delivery, so that processes need not tell each other. Attributes hold numbers, kinds and
the repository's name; no notes, branches, addresses or people.
"""
