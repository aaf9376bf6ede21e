export PBS_O_WORKDIR="$PWD"
cd "$PBS_O_WORKDIR" && mpirun ./s $PBS_ARRAY_INDEX
