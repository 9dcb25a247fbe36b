#!/bin/sh
# Makes the pictures of the course, from the root of the checkout: sh docs/course/pictures.sh
set -eu
to=docs/course/pictures

genbench run sample-quality --profile small --datasets portraits --models gmm,vae,ddpm,control-test-half \
    --seeds 1 --set budget.images=100_000 \
    --out runs/course/faces
python bench/course.py runs/course/faces samples "$to/faces.png" --dataset portraits --rows gmm,control-test-half,vae,ddpm \
    --columns 2 --side 300

genbench run density --profile small --datasets grades --models oracle,gaussian,gmm,vae,gan --seeds 1 \
    --out runs/course/grades
python bench/course.py runs/course/grades density "$to/grades.png" --dataset grades --rows oracle,gaussian,gmm,gan \
    --columns 4 --side 240

genbench run density --profile small --datasets ring8,two-moons \
    --models gaussian,gmm,vae,gan,flow-matching,oracle --seeds 1 \
    --out runs/course/plane
python bench/course.py runs/course/plane density "$to/plane.png" --dataset two-moons --rows gaussian,gmm,vae,gan,flow-matching,oracle \
    --columns 2 --side 330

genbench run latent-structure --profile small --datasets digits --models ae,vae,pca,control-untrained --seeds 1 \
    --out runs/course/latent
python bench/course.py runs/course/latent map "$to/codes.png" --dataset digits --rows pca,ae,vae,control-untrained \
    --columns 4 --side 240
python bench/course.py runs/course/latent interpolations "$to/paths.png" --dataset digits --rows pca,ae,vae \
    --columns 3 --side 240

genbench run augmentation --profile small --datasets digits@50 --models cvae,vae,control-test-half --seeds 1 \
    --out runs/course/augmentation
python bench/course.py runs/course/augmentation labelled "$to/labelled.png" --dataset digits@50 --rows control-test-half,cvae,vae \
    --columns 3 --side 240

genbench run balance --profile small --models vae,db-vae,cvae,control-test-half --seeds 1 \
    --out runs/course/balance
python bench/course.py runs/course/balance shares "$to/shares.png" --dataset digits@longtail --rows vae,db-vae,cvae \
    --columns 3 --side 300

genbench run outlier-detection --datasets roads --models ae,control-dark --seeds 1 --set budget.images=100_000 \
    --out runs/course/roads
python bench/course.py runs/course/roads scores "$to/roads.png" --dataset roads --rows ae,control-dark \
    --columns 1 --side 640

genbench run memorisation --profile small --models ddpm,kde,vae,control-train-copy,control-test-half --seeds 1 \
    --out runs/course/memorisation
python bench/course.py runs/course/memorisation neighbours "$to/neighbours.png" --dataset digits --rows control-train-copy,ddpm,kde \
    --columns 1 --side 640

genbench run quick --datasets digits --models ae,ae+gmm10,vae,gan,ddpm,control-marginals,control-test-half --seeds 3 \
    --out runs/course/zoo
python bench/course.py runs/course/zoo reconstructions "$to/reconstructions.png" --dataset digits --rows ae,vae \
    --columns 2 --side 360
python bench/course.py runs/course/zoo samples "$to/samples.png" --dataset digits --rows ae+gmm10,vae,gan,ddpm,control-marginals,control-test-half \
    --columns 3 --side 180

genbench run quick --datasets digits --models gan,ddpm,control-marginals,control-test-half --seeds 1 \
    --set budget.images=500_000 \
    --out runs/course/longer
python bench/course.py runs/course/longer samples "$to/longer.png" --dataset digits --rows gan,ddpm,control-test-half \
    --columns 3 --side 180
