def next_change(engine, playbook): return {}
