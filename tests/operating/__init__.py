"""What an operator is given: metrics, alerts, a dashboard, ways to deploy. Held against real checkers where there are some."""
