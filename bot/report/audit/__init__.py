"""What ``lockbot audit`` shows: for people, as JSON, as SARIF."""
