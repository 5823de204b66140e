# SPDX-License-Identifier: GPL-2.0-only
# Collects pages of several kinds, has the module compress them, and prints the sizes in a random order.
import ctypes, glob, os, random

PAGE = 4096
EACH = 1000
random.seed(6)
parameters = "/sys/module/apus_pool_test/parameters/"


def parameter(name, value=None):
    if value is None:
        return open(parameters + name).read()
    with open(parameters + name, "w") as file:
        file.write(str(value))


def files(patterns):
    """Pages of files, spread over them."""
    names = sorted(name for pattern in patterns for name in glob.glob(pattern, recursive=True) if os.path.isfile(name))
    random.shuffle(names)
    pages = []
    for name in names:
        with open(name, "rb") as file:
            data = file.read(64 * PAGE)
        pages += [data[at:at + PAGE] for at in range(0, len(data) - PAGE + 1, PAGE)]
        if len(pages) > 4 * EACH:
            break
    return random.sample(pages, min(EACH, len(pages)))


def memory():
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
                    data = mem.read(min(end - start, 512 * PAGE))
                    pages += [data[at:at + PAGE] for at in range(0, len(data) - PAGE + 1, PAGE)]
        except OSError:
            continue
    pages = [page for page in pages if page.strip(b"\0")]
    return random.sample(pages, min(EACH, len(pages)))


kinds = [
    memory(),
    files(["/usr/bin/*", "/usr/lib/x86_64-linux-gnu/**/*.so*"]),
    files(["/usr/lib/python3/**/*.py", "/usr/lib/python3*/**/*.py", "/usr/share/perl*/**/*.pm", "/usr/share/**/*.txt"]),
]
pages = [page for kind in kinds for page in kind]
random.shuffle(pages)
print("#", [len(kind) for kind in kinds], flush=True)
for algorithm in "lzo", "lz4", "zstd":
    sizes = []
    for at in range(0, len(pages), 256):
        chunk = b"".join(pages[at:at + 256])
        buffer = ctypes.create_string_buffer(chunk, len(chunk))
        address = ctypes.addressof(buffer)
        parameter("address", address)
        parameter("count", len(chunk) // PAGE)
        parameter("compress", algorithm)
        sizes += parameter("compressed").split()
    print(algorithm, *sizes, flush=True)
