//! What the tests need besides Rust: Node.js, npm, a Chromium, and Python for one of the clients. Installed from Debian
//! when that is possible, otherwise named, with the command that installs them. It must never download a browser or a
//! runtime by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::steps;
use crate::tally::Runner;

/// Playwright's oldest Node.js.
const NODE_MAJOR: u32 = 18;
/// Fails in a Python that is too old for the packages, or that can't make an environment with pip of its own.
const PYTHON_WILL_DO: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
/// The Python environment beside the client tests.
const ENVIRONMENT: &str = "venv";
const CHROMIUM_PLACES: [&str; 3] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// One thing that is missing: the Debian package that has it, and what is wrong in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    package: &'static str,
    words: String,
}

/// What may be done about missing programs.
#[derive(Clone, Copy)]
enum Means {
    AptAsRoot,
    AptByHand,
    NoApt,
}

/// Makes sure that the browser tests can run; installs what is missing when run as root on Debian.
///
/// # Errors
/// Says what is missing and the exact command that installs it.
pub(crate) fn programs() -> Result<()> {
    install(probe)
}

/// Makes sure that Node.js and npm are there, which is all that the comparison with the reference packages needs.
///
/// # Errors
/// Says what is missing and the exact command that installs it.
pub(crate) fn node() -> Result<()> {
    install(|| probe().into_iter().filter(|missing| matches!(missing.package, "nodejs" | "npm")).collect())
}

/// The same for the Python that one of the clients needs.
///
/// # Errors
/// Says what is missing and the exact command that installs it.
pub(crate) fn python_itself() -> Result<()> {
    install(probe_python)
}

fn install(probe: impl Fn() -> Vec<Missing>) -> Result<()> {
    let missing = probe();
    if missing.is_empty() {
        return Ok(());
    }
    match means() {
        Means::AptAsRoot => {}
        other => bail!("{}", advice(&missing, other)),
    }
    missing.iter().for_each(|Missing { words, .. }| println!("{words}: installing it"));
    apt(&["update"])?;
    let packages = packages(&missing);
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&packages);
    apt(&install)?;
    let still = probe();
    if !still.is_empty() {
        bail!("installed {}, and yet: {}", packages.join(" "), words(&still));
    }
    Ok(())
}

/// Installs the Node.js packages that the lock file names, unless they stand there already.
pub(crate) fn node_packages(folder: &Path) -> Result<()> {
    if packages_are_current(folder) {
        println!("the Node.js packages of `{}` are up to date", folder.display());
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    let (_, success) = steps::stream(&mut command, Runner::None)?;
    if !success {
        bail!(
            "`npm ci` failed in `{}`; it needs the npm registry (or a filled npm cache) the first time",
            folder.display()
        );
    }
    Ok(())
}

fn packages_are_current(folder: &Path) -> bool {
    let changed = |file: &str| folder.join(file).metadata().and_then(|data| data.modified()).ok();
    match (changed("package-lock.json"), changed("node_modules/.package-lock.json")) {
        (Some(wanted), Some(installed)) => installed >= wanted,
        _ => false,
    }
}

/// Installs the Python packages that `requirements.txt` names into an environment beside it, each file checked by its
/// hash, unless they stand there already.
pub(crate) fn python_packages(folder: &Path) -> Result<()> {
    let wanted = std::fs::read_to_string(folder.join("requirements.txt"))
        .with_context(|| format!("could not read the requirements of `{}`", folder.display()))?;
    let installed = folder.join(ENVIRONMENT).join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        println!("the Python packages of `{}` are up to date", folder.display());
        return Ok(());
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear", ENVIRONMENT]).current_dir(folder);
    let mut install = Command::new(python(folder));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install
        .args(["--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"])
        .current_dir(folder);
    for mut command in [make, install] {
        let (_, success) = steps::stream(&mut command, Runner::None)?;
        if !success {
            bail!(
                "`{}` failed in `{}`; it needs the registry PyPI (or an index that pip is told of) the first time",
                steps::shown(&command),
                folder.display()
            );
        }
    }
    std::fs::write(&installed, wanted).with_context(|| format!("could not write `{}`", installed.display()))
}

/// The Python of the environment beside the client tests.
pub(crate) fn python(folder: &Path) -> PathBuf {
    folder.join(ENVIRONMENT).join("bin/python")
}

/// The Chromium to test with: `CHROMIUM`, or one of the usual places.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.into_iter().chain(CHROMIUM_PLACES.map(PathBuf::from)).find(|program| program.is_file())
}

fn probe() -> Vec<Missing> {
    let node = version("node");
    let npm = version("npm");
    missing(node.as_deref(), npm.as_deref(), version("strace").as_deref(), chromium().as_deref())
}

fn probe_python() -> Vec<Missing> {
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON_WILL_DO]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match python.status().is_ok_and(|status| status.success()) {
        true => Vec::new(),
        false => vec![unsuitable_python(version("python3").as_deref())],
    }
}

fn unsuitable_python(version: Option<&str>) -> Missing {
    let words = match version {
        Some(version) => {
            format!(
                "`{version}` is too old (at least 3.10 is needed) or lacks its modules `venv` and `ensurepip`"
            )
        }
        None => "Python 3.10 or newer is missing (Segment's client for Python is tested with it)".to_owned(),
    };
    Missing { package: "python3-venv", words }
}

fn missing(
    node: Option<&str>,
    npm: Option<&str>,
    strace: Option<&str>,
    chromium: Option<&Path>,
) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut lacks = |package, words| missing.push(Missing { package, words });
    match node.map(|version| (version, major(version))) {
        Some((_, Some(major))) if major >= NODE_MAJOR => {}
        Some((version, _)) => {
            lacks("nodejs", format!("Node.js `{version}` is too old (at least {NODE_MAJOR} is needed)"));
        }
        None => lacks("nodejs", "Node.js is missing".to_owned()),
    }
    if npm.is_none() {
        lacks("npm", "npm is missing".to_owned());
    }
    if strace.is_none() {
        lacks("strace", "strace is missing (it shows that no acknowledgement precedes its sync)".to_owned());
    }
    if chromium.is_none() {
        lacks(
            "chromium",
            "Chromium is missing (env `CHROMIUM` may name one that stands elsewhere)".to_owned(),
        );
    }
    missing
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v').unwrap_or(version).split('.').next()?.parse().ok()
}

fn version(program: &str) -> Option<String> {
    let output =
        Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn means() -> Means {
    let apt = version("apt-get").is_some();
    let user = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    match (apt, user.trim_ascii() == b"0") {
        (false, _) => Means::NoApt,
        (true, true) => Means::AptAsRoot,
        (true, false) => Means::AptByHand,
    }
}

fn advice(missing: &[Missing], means: Means) -> String {
    let packages = packages(missing).join(" ");
    let words = words(missing);
    match means {
        Means::AptAsRoot | Means::AptByHand => format!(
            "{words}; install with: sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}"
        ),
        Means::NoApt => {
            format!(
                "{words}; install them with this system's package manager (Debian calls the packages: {packages})"
            )
        }
    }
}

fn packages(missing: &[Missing]) -> Vec<&'static str> {
    missing.iter().map(|Missing { package, .. }| *package).collect()
}

fn words(missing: &[Missing]) -> String {
    missing.iter().map(|Missing { words, .. }| words.as_str()).collect::<Vec<_>>().join("; ")
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    let (_, success) = steps::stream(&mut command, Runner::None).context("could not run apt-get")?;
    if !success {
        bail!("`{}` failed; its words stand above", steps::shown(&command));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let chromium = Path::new("/usr/bin/chromium");
        assert_eq!(missing(Some("v20.1.0"), Some("11.0.0"), Some("6.1"), Some(chromium)), []);
        assert_eq!(packages(&missing(None, None, None, None)), ["nodejs", "npm", "strace", "chromium"]);
        assert_eq!(
            packages(&missing(Some("v16.20.2"), Some("8.0.0"), Some("6.1"), Some(chromium))),
            ["nodejs"]
        );
        assert_eq!(packages(&missing(Some("v18.20.4"), Some("9.2.0"), Some("6.1"), None)), ["chromium"]);
    }

    #[test]
    fn a_python_without_environments_is_as_good_as_none() {
        for version in [None, Some("Python 3.11.2")] {
            let missing = [unsuitable_python(version)];
            assert!(advice(&missing, Means::AptByHand).ends_with(" python3-venv"), "{missing:?}");
        }
    }

    #[test]
    fn advice_is_a_command_that_can_be_pasted() {
        let text = advice(&missing(Some("v18.0.0"), None, Some("6.1"), None), Means::AptByHand);
        assert!(text.ends_with("sudo apt-get install -y --no-install-recommends npm chromium"), "{text}");
        assert!(!advice(&missing(None, None, Some("6.1"), None), Means::NoApt).contains("apt-get"));
    }
}
