//! Samples of memory and CPU: of the machine and of this program. Cheap: other processes are never looked at.

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Takes samples.
pub struct Sampler {
    system: System,
    own: Option<Pid>,
}

/// The machine at one moment. Bytes, and loads from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Memory in use and there is.
    pub memory: (u64, u64),
    /// Swap in use and there is.
    pub swap: (u64, u64),
    /// Load of all cores together.
    pub cpu: f64,
    /// Cores.
    pub cores: usize,
    /// Memory of this program.
    pub own_memory: u64,
    /// Load by this program, where 1 is one core.
    pub own_cpu: f64,
}

impl Sampler {
    /// A sampler; loads are known from its second sample on. None where this system does not tell.
    pub fn new() -> Option<Self> {
        let own = sysinfo::get_current_pid().ok();
        Some(Self {
            system: System::new().ok()?,
            own,
        })
    }

    /// Takes a sample.
    pub fn sample(&mut self) -> Sample {
        self.system
            .refresh_memory_specifics(MemoryRefreshKind::everything());
        self.system.refresh_cpu_usage();
        let own = self.own();
        let total = self.system.total_memory();
        let free = self.system.available_memory().min(total);
        Sample {
            memory: (total - free, total),
            swap: (self.system.used_swap(), self.system.total_swap()),
            cpu: f64::from(self.system.global_cpu_usage()) / 100.0,
            cores: self.system.cpus().len(),
            own_memory: own.0,
            own_cpu: own.1,
        }
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
