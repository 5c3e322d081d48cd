// How the kernels widen E4M3 codes: two exact routes, one choice per processor.
#pragma once

namespace fp8bench {

// kHalf: through float16. kShift: by integer shifts, through subnormal floats where the code is subnormal; fewer
// operations, but only where the processor multiplies subnormal floats at full speed.
enum class E4M3Route { kHalf, kShift };

// set_e4m3_route() if called, else kShift on AMD, whose multipliers take subnormals without microcode, and kHalf
// elsewhere. The bits of a product do not depend on it.
E4M3Route e4m3_route();
void set_e4m3_route(E4M3Route route);

}  // namespace fp8bench
