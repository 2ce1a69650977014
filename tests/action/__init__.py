"""The Action, its workflows, and a stand-in for the runner that executes them."""
