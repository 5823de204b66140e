# SPDX-License-Identifier: GPL-2.0-only
# Collects pages of several sources, has the module compress them, and prints a line of sizes for each source and algorithm, in a random order.
import ctypes, glob, os, random, sqlite3, tarfile

PAGE = 4096
parameters = "/sys/module/apus_pool_test/parameters/"


def parameter(name, value=None):
    if value is None:
        return open(parameters + name).read()
    with open(parameters + name, "w") as file:
        file.write(str(value))


def cut(data):
    """The whole pages of something."""
    return [data[at:at + PAGE] for at in range(0, len(data) - PAGE + 1, PAGE)]


def sample(pages, count):
    return random.sample(pages, min(count, len(pages)))


def files(patterns, count):
    """Pages of files, spread over them."""
    names = sorted(name for pattern in patterns for name in glob.glob(pattern, recursive=True) if os.path.isfile(name))
    random.shuffle(names)
    pages = []
    for name in names:
        with open(name, "rb") as file:
            pages += cut(file.read(64 * PAGE))
        if len(pages) > 4 * count:
            break
    return sample(pages, count)


def archive(name, count):
    """Pages of an archive's files, as the page cache has them: what is behind the end of a file is zero."""
    pages = []
    with tarfile.open(name) as files:
        for member in files:
            if member.isfile() and member.size:
                data = files.extractfile(member).read()
                pages += cut(data + bytes(-len(data) % PAGE))
    return sample(pages, count)


def memory(count):
    """Anonymous pages of running processes, this one too."""
    pages = []
    for process in glob.glob("/proc/[0-9]*"):
        try:
            with open(process + "/maps") as maps, open(process + "/mem", "rb") as mem:
                for line in maps:
                    fields = line.split()
                    if not fields[1].startswith("rw") or "[v" in line:
                        continue
                    start, end = (int(number, 16) for number in fields[0].split("-"))
                    mem.seek(start)
                    pages += cut(mem.read(min(end - start, 512 * PAGE)))
        except OSError:
            continue
    return sample([page for page in pages if page.strip(b"\0")], count)


def database(name, count):
    """Pages of a database of packages: a table of them, one of what they depend on, and indices."""
    base = sqlite3.connect("packages.db")
    base.execute(f"pragma page_size = {PAGE}")
    base.execute("create table package (id integer primary key, name text, version text, section text, size integer, sum text, about text)")
    base.execute("create table dependency (package integer, needs text)")
    fields = {}
    number = 0
    for line in open(name, encoding="utf-8", errors="replace"):
        if line == "\n":
            number += 1
            base.execute(
                "insert into package values (?, ?, ?, ?, ?, ?, ?)",
                (number, *(fields.get(key) for key in ("Package", "Version", "Section", "Size", "SHA256", "Description"))))
            needs = (part.split()[0] for part in fields.get("Depends", "").replace("|", ",").split(",") if part.strip())
            base.executemany("insert into dependency values (?, ?)", ((number, need) for need in needs))
            fields = {}
        elif not line.startswith(" "):
            key, _, value = line.partition(": ")
            fields[key] = value.strip()
    for index in "package (name)", "package (sum)", "dependency (needs)", "dependency (package)":
        base.execute(f"create index [{index}] on {index}")
    base.commit()
    base.close()
    with open("packages.db", "rb") as file:
        return sample(cut(file.read()), count)


def machine(count):
    pages = memory(count) + files(["/usr/bin/*", "/usr/lib/x86_64-linux-gnu/**/*.so*"], count)
    return pages + files(["/usr/lib/python3*/**/*.py", "/usr/share/perl*/**/*.pm", "/usr/share/**/*.txt"], count)


sources = {
    # The machine's first: collecting the others is in this process's memory.
    "machine": lambda: machine(700),
    "build": lambda: archive("build.tar", 1000),
    "database": lambda: database("packages", 1000),
    "text": lambda: archive("text.tar", 1000),
    "compressed": lambda: archive("compressed.tar", 1000),
}
for source, collect in sources.items():
    random.seed(6)
    pages = collect()
    random.shuffle(pages)
    for algorithm in "lzo", "lz4", "zstd":
        sizes = []
        for at in range(0, len(pages), 256):
            chunk = b"".join(pages[at:at + 256])
            buffer = ctypes.create_string_buffer(chunk, len(chunk))
            parameter("address", ctypes.addressof(buffer))
            parameter("count", len(chunk) // PAGE)
            parameter("compress", algorithm)
            sizes += (int(size) for size in parameter("compressed").split())
        same = sizes.count(0)
        large = sum(size >= PAGE for size in sizes)
        sizes = [size for size in sizes if 0 < size < PAGE]
        print(f"# {algorithm} {source}: {len(pages)} pages; without an object: {same} of one word, {large} not smaller when compressed")
        print(algorithm, source, *sizes, flush=True)
