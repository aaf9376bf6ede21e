echo
#SBATCH -n 1
