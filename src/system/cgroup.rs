//! What a container, or a slice of a service manager, leaves this program: Linux control groups, both versions.
//!
//! Files and their meaning: docs.kernel.org/admin-guide/cgroup-v2.html (Memory and CPU Interface Files) and
//! docs.kernel.org/admin-guide/cgroup-v1/memory.html.

use std::path::{Path, PathBuf};

/// Where the kernel shows the groups, and where this process finds its own.
const ROOT: &str = "/sys/fs/cgroup";
const OWN: &str = "/proc/self/cgroup";

/// The groups that limit this process: its own one and those above it.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    memory: Vec<MemoryFiles>,
    cpu: Vec<CpuFiles>,
}

/// Where a group tells its memory.
#[derive(Clone, Debug)]
struct MemoryFiles {
    limit: PathBuf,
    usage: PathBuf,
    stat: PathBuf,
    /// The line of `stat` with the page cache that the kernel gives up first.
    reclaimable: &'static str,
}

/// Where a group tells its share of the cores, by version.
#[derive(Clone, Debug)]
enum CpuFiles {
    First {
        quota: PathBuf,
        period: PathBuf,
        usage: PathBuf,
    },
    Second {
        quota: PathBuf,
        stat: PathBuf,
    },
}

impl Groups {
    /// The groups of this process; none where there are no control groups.
    pub fn find() -> Self {
        Self::under(Path::new(ROOT), Path::new(OWN))
    }

    /// The groups that `own` names, in the tree below `root`.
    pub fn under(root: &Path, own: &Path) -> Self {
        let text = std::fs::read_to_string(own).unwrap_or_default();
        let mut groups = Self::default();
        for line in text.lines() {
            let mut parts = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(path)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if controllers.is_empty() {
                groups.add_second(root, path);
            }
            for controller in controllers.split(',') {
                match controller {
                    "memory" => groups.add_first_memory(&root.join(controller), path),
                    "cpu" => groups.add_first_cpu(root, path),
                    _ => {}
                }
            }
        }
        // Files that are not there now will not come: they are not asked again.
        groups.memory.retain(|files| files.limit.exists());
        groups.cpu.retain(|files| files.read().is_some());
        groups
    }

    fn add_second(&mut self, root: &Path, path: &str) {
        for folder in upwards(root, path) {
            self.memory.push(MemoryFiles {
                limit: folder.join("memory.max"),
                usage: folder.join("memory.current"),
                stat: folder.join("memory.stat"),
                reclaimable: "inactive_file",
            });
            self.cpu.push(CpuFiles::Second {
                quota: folder.join("cpu.max"),
                stat: folder.join("cpu.stat"),
            });
        }
    }

    fn add_first_cpu(&mut self, root: &Path, path: &str) {
        let folders = upwards(&root.join("cpu"), path);
        let accounts = upwards(&root.join("cpuacct"), path);
        for (folder, account) in folders.into_iter().zip(accounts) {
            self.cpu.push(CpuFiles::First {
                quota: folder.join("cpu.cfs_quota_us"),
                period: folder.join("cpu.cfs_period_us"),
                usage: account.join("cpuacct.usage"),
            });
        }
    }

    fn add_first_memory(&mut self, root: &Path, path: &str) {
        for folder in upwards(root, path) {
            self.memory.push(MemoryFiles {
                limit: folder.join("memory.limit_in_bytes"),
                usage: folder.join("memory.usage_in_bytes"),
                stat: folder.join("memory.stat"),
                reclaimable: "total_inactive_file",
            });
        }
    }

    /// The tightest limit on memory: in use, without page cache that can be given up at once, and allowed; in bytes.
    /// None where nothing below `machine` bytes is set.
    pub fn memory(&self, machine: u64) -> Option<(u64, u64)> {
        self.memory
            .iter()
            .filter_map(MemoryFiles::read)
            .filter(|(_, limit)| *limit < machine && *limit > 0)
            .max_by(|a, b| part(*a).total_cmp(&part(*b)))
    }

    /// The tightest share of the cores: CPU time used so far, in microseconds, and cores allowed. None where no quota is
    /// set.
    pub fn cpu(&self) -> Option<(u64, f64)> {
        self.cpu
            .iter()
            .filter_map(CpuFiles::read)
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl MemoryFiles {
    fn read(&self) -> Option<(u64, u64)> {
        // "max" is no number: no limit.
        let limit = number(&self.limit)?;
        let usage = number(&self.usage)?;
        let cache = line(&self.stat, self.reclaimable).unwrap_or(0);
        Some((usage.saturating_sub(cache), limit))
    }
}

impl CpuFiles {
    fn read(&self) -> Option<(u64, f64)> {
        match self {
            Self::First {
                quota,
                period,
                usage,
            } => {
                // -1 is no number of this type: no quota.
                let cores = number(quota)? as f64 / number(period)? as f64;
                // It counts in nanoseconds.
                Some((number(usage)? / 1_000, share(cores)?))
            }
            Self::Second { quota, stat } => {
                let text = std::fs::read_to_string(quota).ok()?;
                let (quota, period) = text.trim().split_once(' ')?;
                let cores = quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?;
                Some((line(stat, "usage_usec")?, share(cores)?))
            }
        }
    }
}

/// A share of the cores that can be divided by.
fn share(cores: f64) -> Option<f64> {
    (cores.is_finite() && cores > 0.0).then_some(cores)
}

/// The folder of a group and those above it, the root last.
fn upwards(root: &Path, path: &str) -> Vec<PathBuf> {
    let inside = Path::new(path.trim_start_matches('/'));
    // A path that leaves the tree (another namespace's) shows nothing of ours but the root.
    let is_outside = inside
        .components()
        .any(|part| part == std::path::Component::ParentDir);
    if is_outside {
        return vec![root.to_owned()];
    }
    inside.ancestors().map(|part| root.join(part)).collect()
}

fn number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn line(file: &Path, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut found = text.lines().filter_map(|line| line.split_once(' '));
    let (_, value) = found.find(|(key, _)| *key == name)?;
    value.trim().parse().ok()
}

fn part((used, all): (u64, u64)) -> f64 {
    used as f64 / all as f64
}
