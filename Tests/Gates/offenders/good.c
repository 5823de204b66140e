// SPDX-License-Identifier: GPL-2.0-only
// No offence: calls through a pointer, a callback in constant data, and functions of the kernel.
int _printk(const char *format, ...);
static int callback(long value) { return (int)value + 1; }
struct operations { int (*call)(long); };
static const struct operations operations = {callback};
const struct operations *volatile used = &operations;
int offence(long value) { _printk("value %ld\n", value); return used->call(value); }
