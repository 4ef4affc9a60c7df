#pragma once
#include <libtcc.h>
