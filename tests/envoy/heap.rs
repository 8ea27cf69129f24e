//! The memory of wasm VMs, as reported by the kernel: Envoy has no statistic for it.

/// Maximum size of a wasm memory (32-bit addresses). Only V8 reserves larger regions.
const MOST: u64 = 4 << 30;

/// The total memory of all wasm VMs in a process, in bytes.
///
/// V8 reserves gigabytes for each memory, so that an address out of bounds faults. Only the start of the region, the memory
/// itself, is accessible.
pub(crate) fn of(process: u32) -> u64 {
    let path = format!("/proc/{process}/maps");
    let maps = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let regions: Vec<(u64, u64, &str)> = maps.lines().map(region).collect();
    let memories = regions.iter().zip(&regions[1..]).filter(|((_, end, access), (next, next_end, next_access))| {
        *access == "rw-p" && *next_access == "---p" && end == next && next_end - next > MOST
    });
    let bytes = memories.map(|((begin, end, _), _)| end - begin).sum();
    assert!(bytes > 0, "process {process} has no wasm memory");
    bytes
}

fn region(line: &str) -> (u64, u64, &str) {
    let mut words = line.split(' ');
    let (begin, end) = words.next().and_then(|span| span.split_once('-')).expect("a span of addresses");
    let address = |hex| u64::from_str_radix(hex, 16).expect("an address");
    (address(begin), address(end), words.next().expect("the access"))
}
