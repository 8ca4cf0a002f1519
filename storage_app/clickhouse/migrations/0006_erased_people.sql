-- Who was erased, by a keyed hash: their events of before then are not stored again, however late they are sent. It lies
-- here because whoever stores events needs this store anyway, and no other. Rows are only ever added.
CREATE TABLE IF NOT EXISTS erased_people
(
    subject String,
    before  DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY subject;
