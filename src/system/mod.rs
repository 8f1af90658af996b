//! Samples of memory and CPU: of the machine, of the container around this program, and of the program itself. Cheap:
//! other processes are never looked at.

pub mod cgroup;
mod smooth;

use std::time::Instant;

use sysinfo::{
    CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System,
};

pub use smooth::Smooth;

use crate::core::schedule::{Load, Scope};
use cgroup::Groups;

/// What the machine is called.
pub fn name() -> Option<String> {
    System::host_name().ok()
}

/// Takes samples.
pub struct Sampler {
    system: System,
    own: Option<Pid>,
    groups: Groups,
    /// CPU time of the container when it was looked at last.
    spent: Option<(Instant, u64)>,
}

/// The machine at one moment. Bytes, and loads from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Memory in use and there is.
    pub memory: (u64, u64),
    /// Memory in use by the container and allowed to it, where it is limited.
    pub container: Option<(u64, u64)>,
    /// Swap in use and there is.
    pub swap: (u64, u64),
    /// Load of all cores together, or of the share that the container may use, whichever is greater.
    pub cpu: f64,
    /// Cores.
    pub cores: usize,
    /// Memory of this program.
    pub own_memory: u64,
    /// Load by this program, where 1 is one core.
    pub own_cpu: f64,
}

impl Sample {
    /// The sample as the schedule judges it: the shorter of both memories counts; swap never does.
    pub fn load(&self) -> Load {
        let part = |(used, all): (u64, u64)| {
            if all == 0 {
                0.0
            } else {
                used as f64 / all as f64
            }
        };
        let machine = part(self.memory);
        let container = self.container.map_or(0.0, part);
        Load {
            memory: machine.max(container),
            scope: if container > machine {
                Scope::Container
            } else {
                Scope::Machine
            },
            cpu: self.cpu,
            own: self.own_memory,
        }
    }
}

impl Sampler {
    /// A sampler; loads are known from its second sample on. None where this system does not tell.
    pub fn new() -> Option<Self> {
        let own = sysinfo::get_current_pid().ok();
        Some(Self {
            system: System::new().ok()?,
            own,
            groups: Groups::find(),
            spent: None,
        })
    }

    /// Takes a sample.
    pub fn sample(&mut self) -> Sample {
        self.system
            .refresh_memory_specifics(MemoryRefreshKind::everything());
        self.system
            .refresh_cpu_specifics(CpuRefreshKind::nothing().with_usage());
        let own = self.own();
        let total = self.system.total_memory();
        let host = f64::from(self.system.global_cpu_usage()) / 100.0;
        Sample {
            memory: (self.used(total), total),
            container: self.groups.memory(total),
            swap: (self.system.used_swap(), self.system.total_swap()),
            cpu: host.max(self.container_cpu()).clamp(0.0, 1.0),
            cores: self.system.cpus().len(),
            own_memory: own.0,
            own_cpu: own.1,
        }
    }

    /// Memory in use. What macOS calls available counts memory in active use, too: there, what is used is asked for
    /// (sysinfo's `used_memory` is close to what the activity monitor shows).
    fn used(&self, total: u64) -> u64 {
        if cfg!(target_os = "macos") {
            self.system.used_memory().min(total)
        } else {
            total - self.system.available_memory().min(total)
        }
    }

    /// The part of its share of the cores that the container used since the last sample.
    fn container_cpu(&mut self) -> f64 {
        let Some((spent, cores)) = self.groups.cpu() else {
            return 0.0;
        };
        let now = Instant::now();
        let before = self.spent.replace((now, spent));
        let Some((then, before)) = before else {
            return 0.0;
        };
        let micros = now.duration_since(then).as_micros() as f64;
        if micros <= 0.0 {
            return 0.0;
        }
        spent.saturating_sub(before) as f64 / micros / cores
    }

    /// This program's memory and load.
    fn own(&mut self) -> (u64, f64) {
        let Some(pid) = self.own else {
            return (0, 0.0);
        };
        let what = ProcessRefreshKind::nothing().with_memory().with_cpu();
        self.system
            .refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
        self.system.process(pid).map_or((0, 0.0), |own| {
            (own.memory(), f64::from(own.cpu_usage()) / 100.0)
        })
    }
}
