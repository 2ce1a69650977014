"""What a forge tells of, and the jobs that follow: delivery -> event -> jobs. Pure: ``planning`` is the way between."""
