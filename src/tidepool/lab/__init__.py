"""The substrate: places, links, DNS, and cells (simulated machines). The API's backend builds on it.

How the backend uses it (`lab` is a `tidepool.lab.lab.Lab`; the daemon makes it and calls `LabBackend(lab, authority)`,
`authority` being `tidepool.api.authority.Authority`):

    cell = await lab.make_cell("shop-nyc3", "nyc3")  # addresses chosen; public_ip=, private_ip= fix them
    cell = await lab.make_cell("lb-1", "nyc3", private=False)
    web = await lab.make_droplet("web-nyc3-1", "nyc3", ssh_keys=["ssh-ed25519 AAAA..."], user_data="#!/bin/sh\\n...")
    await web.wait_ready()  # systemd has started everything, user_data included (~1.3 s)
    await web.shut_down(); await web.start(); await web.kill()   # orderly off, on, power cut

    cell.write("etc/haproxy/haproxy.cfg", text, 0o640)  # below cell.root; /run, /tmp and /dev inside are private
    await cell.run(["install", "-d", "-o", "mysql", "/run/mysqld"])  # ... so folders there are made from inside
    out = await cell.run(["mariadb-admin", "ping"], user="mysql", check=False, timeout_s=5)  # or CellError
    child = await cell.spawn("mariadbd", ["mariadbd", "--datadir=/data"], user="mysql")  # log/mariadbd.log
    child.alive(); child.terminate(); child.kill()  # kill ends its whole cgroup, backends and workers too
    await cell.nft("table inet trust { ... }")  # in the cell's network namespace; add netdev tables likewise
    cell.freeze(); cell.thaw()
    await lab.destroy(cell)  # idempotent; processes, namespace, mounts, files, addresses

    lab.on_restart(cell, hook)  # async hook(cell) brings services back when a `kill` fault is removed: the cell runs,
                                # /run is empty if all of it was killed. Default: spawn again what is dead.
    await lab.dns.zone_apply("example.com", records)  # served when it returns (~12 ms); zone_remove(domain)
    await lab.dns.name_set("shop-do-user-1-0.db.tidepool.test", address)    # name_remove(name)
    lab.folder.path              # the lab's folder: put state there, `tidepool down` removes all of it
    lab.cell("web-nyc3-1"), lab.cells, lab.image

A cell's name is what users type after `host:` and `tidepool exec`, so use the droplet's or the database's own name.
Disk and network of a cell survive kill(); processes hang on the daemon, so only what `down` sweeps survives it.
Everything here runs in the daemon's event loop; nothing is thread-safe. Without a daemon, for tests:

    folder = LabFolder.named("mine"); sweep(folder); folder.path.mkdir(parents=True)
    lab = Lab(folder, ensure_image(print)); await lab.start(print); ...; sweep(folder)
"""
