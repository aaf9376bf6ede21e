#!/bin/sh
cat > input.nml <<EOF
&run
 steps = 10
 title = 'a # b'
/
EOF
write_options() {
	cat <<-END
	-pc_type mg
	-ksp_rtol 1e-8
	END
}
write_options > options
./model -options_file options < input.nml
