#include "bench/command_line.h"

int main(int argc, char** argv) { return fp8bench::run_program(argc, argv); }
