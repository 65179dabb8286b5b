"""The same traits and segments as `bench/playbook`, written for polars by hand: lazy, streaming,
from the same Parquet files. What the plan's own engine is held against."""

from pathlib import Path
from typing import Any

import polars as pl

from bench import shop
from personalization.models import DAY

YEAR, MONTH, QUARTER, WEEK = 365 * DAY, 30 * DAY, 90 * DAY, 7 * DAY
SAMPLE = 1_000
"""So many contacts are compared segment by segment."""


def run(store: Path) -> dict[str, Any]:
    """Computes all of it; returns each segment's size, and the segments of a sample."""
    log = pl.scan_parquet(store / "events" / "*.parquet").with_columns(
        age=shop.NOW - pl.col("occurred_at")
    )
    log = log.filter(pl.col("age") >= 0)
    people = pl.scan_parquet(store / "beside" / "contacts.parquet")
    goods = pl.scan_parquet(store / "beside" / "products.parquet")
    traits = people
    for part in (simple(log), net(log), top_city(log), categories(log, goods)):
        traits = traits.join(part, on="contact", how="left")
    zeros = ("orders", "orders_30d", "orders_90d", "orders_365d", "spent", "spent_365d",
             "kept_365d", "big_orders", "visits_30d", "views_30d", "views_90d", "carts_7d",
             "opens_90d", "clicks_90d", "categories", "refunded")  # fmt: skip
    traits = traits.with_columns(refunded=pl.col("refunded").fill_null(0)).with_columns(
        *(pl.col(name).fill_null(0) for name in zeros if name not in ("kept_365d", "refunded")),
        kept_365d=pl.col("spent_365d").fill_null(0) - pl.col("refunded"),
    )
    table = segments(traits).collect(engine="streaming")
    names = [name for name, kind in table.schema.items() if kind == pl.Boolean]
    some = table.sort("contact").head(SAMPLE)
    held = {
        row["contact"]: sorted(name for name in names if row[name])
        for row in some.select("contact", *names).iter_rows(named=True)
    }
    return {"segments": dict(table.select(pl.col(names).sum()).row(0, named=True)), "sample": held}


def kind(name: str, within: int | None = None) -> pl.Expr:
    """Whether an event is of a kind, and within a window."""
    found = pl.col("kind") == name
    return found if within is None else found & (pl.col("age") < within)


def at(value: str, where: pl.Expr, oldest: bool) -> pl.Expr:
    """A value at the youngest or oldest event that has it."""
    fits = where & pl.col(value).is_not_null()
    ages = pl.col("age").filter(fits)
    place = ages.arg_max() if oldest else ages.arg_min()
    return pl.col(value).filter(fits).get(place, null_on_oob=True)


def simple(log: pl.LazyFrame) -> pl.LazyFrame:
    """The traits that one pass over a contact's events gives."""
    order, amount = kind("order"), pl.col("amount")
    return log.group_by("contact").agg(
        orders=order.sum(), orders_30d=kind("order", MONTH).sum(),
        orders_90d=kind("order", QUARTER).sum(), orders_365d=kind("order", YEAR).sum(),
        spent=amount.filter(order).sum(), spent_365d=amount.filter(kind("order", YEAR)).sum(),
        average_order=amount.filter(order).mean(), biggest_order=amount.filter(order).max(),
        smallest_order=amount.filter(order).min(), big_orders=(order & (amount > 10_000)).sum(),
        days_since_order=pl.col("age").filter(order).min() // DAY,
        days_since_visit=pl.col("age").filter(kind("visit")).min() // DAY,
        visits_30d=kind("visit", MONTH).sum(), views_30d=kind("view", MONTH).sum(),
        views_90d=kind("view", QUARTER).sum(), carts_7d=kind("cart", WEEK).sum(),
        opens_90d=kind("open", QUARTER).sum(), clicks_90d=kind("click", QUARTER).sum(),
        last_rating=at("rating", kind("feedback"), oldest=False),
        first_channel=at("channel", order, oldest=True),
    )  # fmt: skip


def net(log: pl.LazyFrame) -> pl.LazyFrame:
    """What was given back of the last year's orders."""
    pair = ["contact", "order"]
    refunds = log.filter(kind("refund")).group_by(pair).agg(refunded=pl.col("amount").sum())
    orders = log.filter(kind("order", YEAR)).select(pair).unique()
    found = refunds.join(orders, on=pair, how="semi")
    return found.group_by("contact").agg(pl.col("refunded").sum())


def most(value: str) -> pl.Expr:
    """The most frequent value, the smallest of equally frequent ones."""
    return pl.col(value).filter(pl.col("times") == pl.col("times").max()).min()


def top_city(log: pl.LazyFrame) -> pl.LazyFrame:
    """The most frequent city of visits."""
    visits = log.filter(kind("visit") & pl.col("city").is_not_null())
    counted = visits.group_by("contact", "city").agg(times=pl.len())
    return counted.group_by("contact").agg(top_city=most("city"))


def categories(log: pl.LazyFrame, goods: pl.LazyFrame) -> pl.LazyFrame:
    """The most frequent category of what was ordered, and how many there are."""
    lines = log.filter(kind("order")).select("contact", "lines").explode("lines")
    product = pl.col("lines").struct.field("product")
    own = pl.col("lines").struct.field("category")
    named = lines.select("contact", product.alias("product"), own.alias("own"))
    joined = named.join(goods, on="product", how="left")
    category = pl.coalesce("own", "category").alias("category")
    known = joined.select("contact", category).filter(pl.col("category").is_not_null())
    counted = known.group_by("contact", "category").agg(times=pl.len())
    return counted.group_by("contact").agg(top_category=most("category"), categories=pl.len())


def segments(traits: pl.LazyFrame) -> pl.LazyFrame:
    """The fifty rules, layer by layer."""
    c = pl.col
    layers: list[dict[str, pl.Expr]] = [
        {
            "everyone": c("orders") >= 0, "buyers": c("orders") >= 1,
            "repeat_buyers": c("orders") >= 2, "active": c("orders_90d") >= 1,
            "very_active": c("orders_30d") >= 2, "regulars": c("orders_365d") >= 4,
            "heavy": c("orders_365d") >= 12, "top_spenders": c("spent") >= 200_000,
            "big_baskets": c("average_order") >= 12_000,
            "small_baskets": c("average_order") < 4_000,
            "bargain": (c("biggest_order") < 6_000) & (c("orders") >= 3),
            "lavish": c("biggest_order") >= 19_000, "never_small": c("smallest_order") >= 2_000,
            "treat_buyers": c("big_orders") >= 3, "recent": c("days_since_order") <= 14,
            "first_timers": (c("orders") == 1) & (c("days_since_order") <= 30),
            "never_bought": c("orders") == 0, "visitors": c("visits_30d") >= 1,
            "frequent_visitors": c("visits_30d") >= 3,
            "curious": (c("visits_30d") >= 2) & (c("orders_90d") == 0),
            "window_shoppers": (c("views_30d") >= 2) & (c("orders_30d") == 0),
            "browsers": c("views_90d") >= 5, "cart_left": c("carts_7d") >= 1,
            "openers": c("opens_90d") >= 2, "clickers": c("clicks_90d") >= 1,
            "silent": (c("opens_90d") == 0) & (c("clicks_90d") == 0),
            "unhappy": c("last_rating") <= 2, "delighted": c("last_rating") >= 5,
            "web_first": c("first_channel") == "web", "shop_first": c("first_channel") == "shop",
            "one_category": c("categories") == 1, "explorers": c("categories") >= 8,
            "gold": c("tier") == "gold",
            "in_big_city": c("top_city").is_in(["city 0", "city 1", "city 2", "city 3"]),
            "returned_goods": c("kept_365d") < c("spent_365d"),
        },
        {
            "best": c("regulars") & (c("spent_365d") >= 50_000),
            "lapsing": c("buyers") & c("days_since_order").is_between(45, 120),
            "gone": c("buyers") & (c("days_since_order") > 120),
            "cold_browsers": c("browsers") & ~c("active"),
            "cart_only": c("cart_left") & (c("orders_30d") == 0),
            "engaged": c("openers") & c("clickers"),
            "gold_active": c("gold") & c("active"),
            "city_regulars": c("in_big_city") & c("regulars"),
            "stays_away": (c("days_since_visit") > 180) & ~c("active"),
        },
        {
            "lapsing_best": c("lapsing") & c("best"),
            "lapsing_regulars": c("lapsing") & c("regulars"),
            "gone_best": c("gone") & (c("spent") >= 100_000),
            "one_and_gone": (c("orders") == 1) & c("gone"),
            "unhappy_best": c("unhappy") & c("best"), "gold_gone": c("gold") & c("gone"),
        },
    ]  # fmt: skip
    for layer in layers:
        traits = traits.with_columns(
            **{name: rule.fill_null(value=False) for name, rule in layer.items()}
        )
    return traits
