-- The embedded store's tables. Times are UTC microseconds. `contact` is an id of 32 hex digits.
-- Version 3; `connection.py` holds the number, the steps from an older one, and refuses a store that
-- is newer than the program.

CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Identity. `minted` is the contact first made for the alias, `contact` where it is now; `moved`
-- is how it came there. A move is settled once no Parquet row stands under the old contact.
CREATE TABLE alias (
    alias TEXT PRIMARY KEY, contact TEXT NOT NULL, minted TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_contact ON alias (contact);

CREATE TABLE moved (
    alias TEXT NOT NULL, recorded_at INTEGER NOT NULL, came_from TEXT NOT NULL,
    went_to TEXT NOT NULL, settled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (alias, recorded_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX moved_recorded ON moved (recorded_at);
CREATE INDEX moved_unsettled ON moved (alias) WHERE settled = 0;

-- A cache of the log, but for the arm. `folded_at` is the last transaction that changed it.
CREATE TABLE contact (
    id TEXT PRIMARY KEY, recorded_at INTEGER NOT NULL, folded_at INTEGER NOT NULL,
    attributes TEXT NOT NULL DEFAULT '{}', consent TEXT NOT NULL DEFAULT '{}',
    zone TEXT, zone_from TEXT, language TEXT,
    arm TEXT, arm_at INTEGER, mixed_at INTEGER,
    merged_into TEXT, merged_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_merged ON contact (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE tombstone (
    alias_hash TEXT NOT NULL, erased_at INTEGER NOT NULL, reopened_at INTEGER,
    PRIMARY KEY (alias_hash, erased_at)
) STRICT, WITHOUT ROWID;
CREATE TABLE erased (contact TEXT PRIMARY KEY, erased_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- The log: the tail holds what no Parquet file holds yet. `state` keeps a copy of the events that
-- contacts are folded from, so that a merge or a late event never has to read Parquet.
CREATE TABLE tail (
    contact TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, alias TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, props TEXT NOT NULL,
    hash INTEGER NOT NULL,
    PRIMARY KEY (contact, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tail_key ON tail (key);

CREATE TABLE state (
    contact TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, alias TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, props TEXT NOT NULL,
    hash INTEGER NOT NULL,
    PRIMARY KEY (contact, key)
) STRICT, WITHOUT ROWID;

-- What stood under a key before something greater came; `in_base` while Parquet still holds it.
CREATE TABLE replaced (
    key TEXT NOT NULL, replaced_at INTEGER NOT NULL, kind TEXT NOT NULL, alias TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, props TEXT NOT NULL,
    hash INTEGER NOT NULL, contact TEXT NOT NULL, in_base INTEGER NOT NULL,
    PRIMARY KEY (key, replaced_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX replaced_alias ON replaced (alias);
CREATE INDEX replaced_in_base ON replaced (contact) WHERE in_base = 1;

-- The manifest of the Parquet base, its rows by bucket, and which keys it holds (`short(key)`).
CREATE TABLE base (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, file TEXT, events INTEGER NOT NULL
) STRICT;
INSERT INTO base VALUES (0, 255, NULL, 0);
CREATE TABLE bucket (bucket INTEGER PRIMARY KEY, events INTEGER NOT NULL) STRICT;
CREATE TABLE based (short INTEGER PRIMARY KEY, hash INTEGER NOT NULL) STRICT;

-- Texts that many rows repeat, and destinations' accounts.
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE place (
    id INTEGER PRIMARY KEY, destination TEXT NOT NULL, account TEXT NOT NULL,
    UNIQUE (destination, account)
) STRICT;

-- What was decided. Append-only: the newest row counts.
CREATE TABLE decision (
    contact TEXT NOT NULL, slot INTEGER NOT NULL, recorded_at INTEGER NOT NULL, id TEXT NOT NULL,
    period INTEGER, message INTEGER, picks TEXT, hour INTEGER, channel INTEGER,
    probabilities TEXT, decided_at INTEGER, standing_until INTEGER, playbook INTEGER,
    facts INTEGER, catalogue INTEGER, policy INTEGER, now INTEGER, seen INTEGER,
    exposed_at INTEGER,
    PRIMARY KEY (contact, slot, recorded_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE membership (
    contact TEXT NOT NULL, recorded_at INTEGER NOT NULL, segments TEXT NOT NULL,
    PRIMARY KEY (contact, recorded_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE exposure (
    contact TEXT NOT NULL, key TEXT NOT NULL, sent_at INTEGER NOT NULL, decision TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (contact, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX exposure_key ON exposure (key);

CREATE TABLE due (
    contact TEXT NOT NULL, key TEXT NOT NULL, moment INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX due_key ON due (contact, key);
-- A plan's looks fall all over this index, so it is as small as can be: a moment and a row's
-- number, which is also the order of pages (a first plan's decisions all expire at one moment).
CREATE INDEX due_moment ON due (moment);

-- What was written, is being written, or is about to be.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL, place INTEGER NOT NULL,
    contact TEXT NOT NULL, kind TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,
    decision TEXT, key TEXT, moment INTEGER, state TEXT NOT NULL, call TEXT,
    attempt INTEGER NOT NULL, reason TEXT, recorded_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_key ON outbox (key) WHERE key IS NOT NULL;
CREATE INDEX outbox_plan ON outbox (plan, state, kind);
-- What is looked for without a plan: all but the great mass.
CREATE INDEX outbox_open ON outbox (state, kind)
    WHERE NOT (state IN ('planned', 'confirmed') AND kind IN ('fields', 'tags'));
CREATE INDEX outbox_contact ON outbox (contact);
CREATE INDEX outbox_sends ON outbox (contact) WHERE kind = 'send';

-- The states that sends went through, so that caps can be judged as of any moment.
CREATE TABLE send_state (
    id INTEGER NOT NULL, recorded_at INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (id, recorded_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE shadow (
    place INTEGER NOT NULL, contact TEXT NOT NULL, outside_id TEXT NOT NULL, email TEXT,
    status TEXT NOT NULL, "values" TEXT NOT NULL, tags TEXT NOT NULL, told TEXT,
    observed_at INTEGER NOT NULL, seen INTEGER NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (place, contact, outside_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL, recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Versions, by content.
CREATE TABLE product (
    id TEXT NOT NULL, recorded_at INTEGER NOT NULL, name TEXT NOT NULL, category TEXT,
    price INTEGER, currency TEXT, url TEXT, image TEXT, in_stock INTEGER NOT NULL,
    PRIMARY KEY (id, recorded_at)
) STRICT, WITHOUT ROWID;
CREATE TABLE facts (
    version TEXT PRIMARY KEY, as_of INTEGER NOT NULL, body TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX facts_as_of ON facts (as_of, recorded_at);
CREATE TABLE playbook (hash TEXT PRIMARY KEY, files TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The queue of accepted webhooks, and what could not be processed.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, connector TEXT NOT NULL, account TEXT NOT NULL,
    body TEXT NOT NULL, recorded_at INTEGER NOT NULL
) STRICT;
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, reason TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
