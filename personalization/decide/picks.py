def picks(engine, facts, wanted): return {}
