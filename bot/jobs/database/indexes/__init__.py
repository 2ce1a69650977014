"""Which pages of indexes are watched for whom, when each is looked at, and whom a change woke."""
