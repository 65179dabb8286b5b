"""Texts that a desk keeps as numbers: rows with numbers on the desk, with texts on the shelf."""

import sqlite3

from functions.cloud.rows import NUMBERED, Row


def numbered(sql: sqlite3.Connection, tbl: str, row: Row) -> Row:
    """A row with this desk's numbers for its texts."""
    named = [one for one in NUMBERED.get(tbl, ()) if row.get(one) is not None]
    return {**row, **{one: number(sql, one, str(row[one])) for one in named}}


def number(sql: sqlite3.Connection, column: str, text: str) -> int:
    """The number of a text on this desk, given now if need be."""
    names, values = ["text"], [text]
    if column == "place":
        names, values = ["destination", "account"], text.split("/", 1)
    tbl = "place" if column == "place" else "word"
    marks = ", ".join("?" for _ in names)
    sql.execute(f"INSERT OR IGNORE INTO {tbl} ({', '.join(names)}) VALUES ({marks})", values)
    where = " AND ".join(f"{one} = ?" for one in names)
    return int(sql.execute(f"SELECT id FROM {tbl} WHERE {where}", values).fetchone()[0])


def spelled(sql: sqlite3.Connection, tbl: str, row: Row) -> Row:
    """A row with the texts of its numbers."""
    named = [one for one in NUMBERED.get(tbl, ()) if row.get(one) is not None]
    return {**row, **{one: text_of(sql, one, row[one]) for one in named}}


def text_of(sql: sqlite3.Connection, column: str, number: int) -> str:
    """The text of a number on this desk."""
    query = "SELECT text FROM word WHERE id = ?"
    if column == "place":
        query = "SELECT destination || '/' || account FROM place WHERE id = ?"
    return str(sql.execute(query, (number,)).fetchone()[0])
