import time, torch, sys
