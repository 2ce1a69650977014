"""One job, durably: from what is registered with DBOS (``workflow``) to what is done in each lane (``dispatch``)."""
