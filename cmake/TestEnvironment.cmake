# Read by ctest before it runs tests. Tests share few cores: an OpenMP thread that waits must not spin,
# or small parallel loops take ten times as long as their work.
set(ENV{OMP_WAIT_POLICY} passive)
