"""The desk finds each row that it lays down, changes or drops by an index: a night's group has tens
of thousands of them."""


def test_no_table_of_the_desk_is_read_whole_for_one_row(pair) -> None:
    desk = pair[0]._shelf.desk
    for table in desk.tables.values():
        where = " AND ".join(f"{name} = ?" for name in table.key)
        steps = desk.sql.execute(
            f"EXPLAIN QUERY PLAN SELECT * FROM {table.name} WHERE {where}", [""] * len(table.key)
        ).fetchall()
        assert [step[3].split()[0] for step in steps] == ["SEARCH"], table.name
