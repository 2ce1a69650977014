CREATE TABLE lockbot_bases (
    repository BIGINT NOT NULL,
    patterns JSON NOT NULL,
    prefix TEXT NOT NULL,
    PRIMARY KEY (repository)
);

CREATE TABLE lockbot_given_up (
    job TEXT NOT NULL,
    moment FLOAT NOT NULL,
    repository BIGINT,
    scope TEXT NOT NULL,
    begun_again BOOLEAN NOT NULL,
    PRIMARY KEY (job)
);

CREATE TABLE lockbot_ledger (
    repository TEXT NOT NULL,
    head TEXT NOT NULL,
    begun INTEGER NOT NULL,
    moment FLOAT NOT NULL,
    reason TEXT NOT NULL,
    set_aside BOOLEAN NOT NULL,
    PRIMARY KEY (repository, head)
);

CREATE TABLE lockbot_memory (
    repository BIGINT NOT NULL,
    seen TEXT NOT NULL,
    seen_whole TEXT NOT NULL,
    asked_all TEXT NOT NULL,
    asked_open TEXT NOT NULL,
    PRIMARY KEY (repository)
);

CREATE TABLE lockbot_merging (
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    wish TEXT NOT NULL,
    PRIMARY KEY (repository, number)
);

CREATE TABLE lockbot_orders (
    line TEXT NOT NULL,
    job TEXT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (line)
);

CREATE TABLE lockbot_repositories (
    id BIGINT NOT NULL,
    installation BIGINT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    schedule JSON NOT NULL,
    timezone TEXT NOT NULL,
    last_turn FLOAT NOT NULL,
    covered_all FLOAT NOT NULL,
    covered_open FLOAT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE lockbot_ripening (
    repository BIGINT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (repository)
);

CREATE TABLE lockbot_turns (
    "key" TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE lockbot_waiting_room (
    repository BIGINT NOT NULL,
    branches JSON NOT NULL,
    moment FLOAT,
    PRIMARY KEY (repository)
);

CREATE TABLE lockbot_watched (
    repository BIGINT NOT NULL,
    base TEXT NOT NULL,
    packages JSON NOT NULL,
    covered FLOAT NOT NULL,
    asked TEXT NOT NULL,
    PRIMARY KEY (repository)
);

CREATE TABLE lockbot_workers (
    executor TEXT NOT NULL,
    seen FLOAT NOT NULL,
    PRIMARY KEY (executor)
);
